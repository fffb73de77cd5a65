"""Our own container, against the real SDK and Azurite."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.storage.blob.aio import BlobServiceClient

from shared.errors import Fenced, StateConflict, StateUnavailable
from shared.state.blobs import StateStore
from shared.state.lease_blobs import LeaseStore
from shared.state.log_blobs import Log
from tools.azurite import Azurite
from tools.proxy import Fault, Proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """A store behind a proxy; it does not repeat what failed."""

    store: StateStore
    proxy: Proxy

    def lose(self, request: str) -> None:
        """The answer to the next such request is lost, though it is carried out."""
        self.proxy.faults.add(Fault(kind="swallow", request=request))


@pytest.fixture
async def storage(azurite: Azurite) -> AsyncIterator[Storage]:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(azurite.blob_url))
        text = azurite.connection_string.replace(azurite.blob_url, proxy.url)
        client = await stack.enter_async_context(BlobServiceClient.from_connection_string(text))
        container = client.get_container_client(f"state-{secrets.token_hex(6)}")
        await container.create_container()
        yield Storage(store=StateStore(container), proxy=proxy)


async def test_a_blob_is_read_as_it_was_written(storage: Storage) -> None:
    etag = await storage.store.create("folder/blob", b"content")

    stored = await storage.store.read("folder/blob")

    assert stored is not None
    assert (stored.data, stored.etag) == (b"content", etag)
    assert await storage.store.read("folder/other") is None


async def test_a_blob_is_made_once(storage: Storage) -> None:
    await storage.store.create("blob", b"first")

    with pytest.raises(StateConflict, match="blob"):
        await storage.store.create("blob", b"second")


async def test_only_the_version_that_was_read_is_replaced(storage: Storage) -> None:
    old = await storage.store.create("blob", b"first")
    await storage.store.replace("blob", b"second", etag=old)

    with pytest.raises(StateConflict):
        await storage.store.replace("blob", b"third", etag=old)


async def test_of_several_writers_one_replaces_a_version(storage: Storage) -> None:
    etag = await storage.store.create("blob", b"0")

    results = await asyncio.gather(
        *(storage.store.replace("blob", str(number).encode(), etag=etag) for number in range(1, 6)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, StateConflict) for result in results) == 4
    assert sum(isinstance(result, str) for result in results) == 1


async def test_a_write_whose_answer_was_lost_has_succeeded(storage: Storage) -> None:
    storage.lose("PUT */blob*")
    etag = await storage.store.create("blob", b"first")
    storage.lose("PUT */blob*")
    await storage.store.replace("blob", b"second", etag=etag)

    stored = await storage.store.read("blob")

    assert stored is not None
    assert stored.data == b"second"
    assert len(storage.proxy.faults.struck) == 2


async def test_a_file_goes_up_and_comes_back_whole(storage: Storage, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(secrets.token_bytes(1 << 20))

    etag = await storage.store.upload("file", source, etag=None)

    assert await storage.store.download("file", target) == etag
    assert target.read_bytes() == source.read_bytes()
    assert await storage.store.download("none", target) is None
    with pytest.raises(StateConflict):
        await storage.store.upload("file", source, etag=None)


async def test_folders_and_entries_are_listed_by_name(storage: Storage) -> None:
    for name in ("runs/b/run.json", "runs/a/run.json", "runs/a/plan.json", "other/c"):
        await storage.store.create(name, b"")

    folders = [folder async for folder in storage.store.folders("runs/")]
    entries = [entry.name async for entry in storage.store.entries("runs/a/")]

    assert folders == ["a", "b"]
    assert entries == ["runs/a/plan.json", "runs/a/run.json"]


async def test_a_lease_is_held_by_one_until_it_is_released(storage: Storage) -> None:
    leases = LeaseStore(storage.store)

    first = await leases.acquire("blob", 15)
    second = await leases.acquire("blob", 15)
    assert first is not None
    await leases.release("blob", first)
    third = await leases.acquire("blob", 15)

    assert second is None
    assert third is not None


async def test_a_lease_whose_answer_was_lost_is_held_all_the_same(storage: Storage) -> None:
    leases = LeaseStore(storage.store)
    await storage.store.create("blob", b"{}")
    storage.lose("PUT *comp=lease*")

    lease = await leases.acquire("blob", 15)
    assert lease is not None

    await leases.renew("blob", lease)
    assert len(storage.proxy.faults.struck) == 1


async def test_who_lost_a_lease_is_fenced_off(storage: Storage) -> None:
    leases = LeaseStore(storage.store)
    etag = await storage.store.create("blob", b"first")
    lost = await leases.acquire("blob", 15)
    assert lost is not None
    await leases.release("blob", lost)
    assert await leases.acquire("blob", 15)

    with pytest.raises(Fenced):
        await leases.renew("blob", lost)
    with pytest.raises(Fenced):
        await storage.store.put("blob", b"second", lease=lost)
    with pytest.raises(Fenced):
        await storage.store.replace("blob", b"second", etag=etag, lease=lost)


async def test_who_has_no_lease_is_fenced_off_while_another_holds_it(storage: Storage) -> None:
    leases = LeaseStore(storage.store)
    lease = await leases.acquire("blob", 15)

    with pytest.raises(Fenced):
        await storage.store.put("blob", b"second")

    assert lease is not None


async def test_lines_of_a_log_come_back_in_order(storage: Storage) -> None:
    log = Log(storage.store, "log")
    await log.append([{"n": 1}, {"n": 2}])
    await log.append([{"n": 3}])

    lines = await Log(storage.store, "log").read()

    assert [line["n"] for line in lines] == [1, 2, 3]
    assert len({line["id"] for line in lines}) == 3


@pytest.mark.parametrize("request_", ["PUT *comp=appendblock*", "PUT */log.ndjson"])
async def test_a_line_whose_answer_was_lost_is_there_once(storage: Storage, request_: str) -> None:
    log = Log(storage.store, "log")
    storage.lose(request_)

    foreign = await log.append([{"n": 1}])
    await log.append([{"n": 2}])

    assert foreign == []
    assert [line["n"] for line in await Log(storage.store, "log").read()] == [1, 2]
    assert len(storage.proxy.faults.struck) == 1


async def test_lines_of_another_writer_are_kept_and_given(storage: Storage) -> None:
    ours, theirs = Log(storage.store, "log"), Log(storage.store, "log")
    await ours.append([{"n": 1}])
    await theirs.read()
    await theirs.append([{"n": 2}])

    foreign = await ours.append([{"n": 3}])

    assert [line["n"] for line in foreign] == [2]
    assert [line["n"] for line in await Log(storage.store, "log").read()] == [1, 2, 3]


async def test_a_full_log_goes_on_in_its_next_part(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.state.log_blobs.MAX_BLOCKS", 3)
    log = Log(storage.store, "log")
    for number in range(8):
        await log.append([{"n": number}])

    again = Log(storage.store, "log")
    await again.read()
    await again.append([{"n": 8}])

    assert [line["n"] for line in await Log(storage.store, "log").read()] == list(range(9))
    assert await storage.store.read("log.2.ndjson") is not None


async def test_a_storage_that_does_not_answer_is_unavailable(storage: Storage) -> None:
    storage.proxy.shut(410)

    with pytest.raises(StateUnavailable, match="blob"):
        await storage.store.read("blob")
