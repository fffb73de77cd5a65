"""The audit log, against the real SDK and Azurite."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob.aio import BlobServiceClient
from pydantic import BaseModel

from shared.audit.audit import Audit, Change
from shared.errors import StateUnavailable
from shared.state.blobs import StateStore
from tools.azurite import Azurite
from tools.proxy import Fault, Proxy

LATE = datetime(2026, 1, 15, 23, 59, 59, tzinfo=UTC)


class Thing(BaseModel):
    name: str
    note: str | None = None


@dataclass(slots=True)
class Desk:
    """A container behind a proxy, and a clock that is set by hand."""

    store: StateStore
    proxy: Proxy
    time: datetime = field(default=LATE)

    def audit(self) -> Audit:
        """That of one more instance."""
        return Audit(self.store, lambda: self.time)

    async def lines(self, blob: str = "2026-01-15.ndjson") -> list[dict[str, Any]]:
        stored = await self.store.read(blob)
        return [json.loads(line) for line in stored.data.splitlines()] if stored else []


@pytest.fixture
async def desk(azurite: Azurite) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(azurite.blob_url))
        text = azurite.connection_string.replace(azurite.blob_url, proxy.url)
        client = await stack.enter_async_context(BlobServiceClient.from_connection_string(text))
        desk = Desk(StateStore(client.get_container_client(f"audit-{secrets.token_hex(6)}")), proxy)
        await desk.store.ensure_container()
        yield desk


async def test_a_line_says_who_did_what_when_and_what_it_was_before(desk: Desk) -> None:
    change = Change(
        subject="things/a", before=Thing(name="A", note="x"), after=Thing(name="B"), details={"others": 2}
    )

    await desk.audit().note("change_thing", "ann", change)

    [line] = await desk.lines()
    assert len(line.pop("id")) == 32
    assert line == {
        "at": "2026-01-15T23:59:59+00:00",
        "caller": "ann",
        "operation": "change_thing",
        "subject": "things/a",
        "before": {"name": "A", "note": "x"},
        "after": {"name": "B"},
        "others": 2,
    }


async def test_no_detail_takes_the_place_of_who_and_what(desk: Desk) -> None:
    await desk.audit().note("change_thing", "ann", Change(subject="a", details={"caller": "bob", "at": 0}))

    [line] = await desk.lines()
    assert (line["caller"], line["at"]) == ("ann", LATE.isoformat())


async def test_each_day_has_a_log_of_its_own(desk: Desk) -> None:
    audit = desk.audit()
    await audit.note("first", "ann", Change(subject="a"))
    desk.time += timedelta(seconds=1)

    await audit.note("second", "ann", Change(subject="a"))

    today, tomorrow = await desk.lines(), await desk.lines("2026-01-16.ndjson")
    assert [line["operation"] for line in (*today, *tomorrow)] == ["first", "second"]
    assert len(today) == len(tomorrow) == 1


async def test_of_several_instances_that_write_at_once_no_line_is_lost_or_doubled(desk: Desk) -> None:
    instances = [desk.audit() for _ in range(3)]

    await asyncio.gather(
        *(
            instance.note("change", f"{number}-{line}", Change(subject="a"))
            for number, instance in enumerate(instances)
            for line in range(15)
        )
    )

    callers = [line["caller"] for line in await desk.lines()]
    assert sorted(callers) == sorted(f"{number}-{line}" for number in range(3) for line in range(15))


@pytest.mark.parametrize("request_", ["PUT *comp=appendblock*", "PUT */2026-01-15.ndjson"])
async def test_a_line_whose_answer_was_lost_is_there_once(desk: Desk, request_: str) -> None:
    audit = desk.audit()
    desk.proxy.faults.add(Fault(kind="swallow", request=request_))

    await audit.note("first", "ann", Change(subject="a"))
    await audit.note("second", "ann", Change(subject="a"))

    assert [line["operation"] for line in await desk.lines()] == ["first", "second"]
    assert len(desk.proxy.faults.struck) == 1


async def test_a_full_log_goes_on_in_its_next_part(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.state.log_blobs.MAX_BLOCKS", 2)
    one, other = desk.audit(), desk.audit()
    for number in range(3):
        await one.note(f"one-{number}", "ann", Change(subject="a"))

        await other.note(f"other-{number}", "bob", Change(subject="a"))

    parts = [await desk.lines(f"2026-01-15{part}.ndjson") for part in ("", ".1", ".2", ".3")]
    names = [line["operation"] for part in parts for line in part]
    assert sorted(names) == sorted(f"{who}-{number}" for who in ("one", "other") for number in range(3))
    assert len(parts[0]) <= 3 < len(names)


async def test_a_line_that_cannot_be_written_is_not_passed_over(desk: Desk) -> None:
    audit = desk.audit()
    desk.proxy.shut(410)

    with pytest.raises(StateUnavailable, match="change_thing was done to things/a at 23:59:59 UTC"):
        await audit.note("change_thing", "ann", Change(subject="things/a"))


async def test_writing_goes_on_where_it_failed(desk: Desk) -> None:
    audit = desk.audit()
    await audit.note("first", "ann", Change(subject="a"))
    desk.proxy.shut(410)
    with pytest.raises(StateUnavailable):
        await audit.note("second", "ann", Change(subject="a"))

    desk.proxy.reopen()
    await audit.note("third", "ann", Change(subject="a"))

    assert [line["operation"] for line in await desk.lines()] == ["first", "third"]
