"""The general schedule over HTTP: looking, setting it, and two who set it at once."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.api.answers import ask
from tools.deployment import Api, Deployment

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAILY = {"kind": "daily", "times": ["07:00", "19:30"], "time_zone": "Europe/Berlin"}
STALE = '"0x8D0000000000000"'


@pytest_asyncio.fixture(loop_scope="module")
async def unset(deployment: Deployment) -> None:
    """Nobody has set a schedule yet."""
    async for name in deployment.state.list_blob_names(name_starts_with="settings/"):
        await deployment.state.delete_blob(name)


@pytest.mark.usefixtures("unset")
async def test_exports_follow_each_refresh_until_somebody_decides(contributor: Api) -> None:
    shown = await ask(contributor, "GET", "schedule")

    assert shown.status == 200
    assert shown.json == {"schedule": {"kind": "on_refresh"}, "next_times": []}
    assert "ETag" not in shown.headers


@pytest.mark.usefixtures("unset")
async def test_a_schedule_that_was_set_is_shown_with_its_next_three_times(administrator: Api) -> None:
    changed = await ask(administrator, "PUT", "schedule", {"schedule": DAILY})
    shown = await ask(administrator, "GET", "schedule")

    assert (changed.status, changed.json) == (200, shown.json)
    assert shown.json["schedule"] == DAILY
    assert shown.json["updated_by"] == "ann@example.org"
    assert changed.etag == shown.etag
    times = [datetime.fromisoformat(time) for time in shown.json["next_times"]]
    assert len(times) == 3
    assert datetime.now(UTC) < times[0] < datetime.now(UTC) + timedelta(hours=13)
    assert all(earlier < later for earlier, later in pairwise(times))


@pytest.mark.usefixtures("unset")
async def test_words_are_stored_as_objects(administrator: Api) -> None:
    changed = await ask(administrator, "PUT", "schedule", {"schedule": "off"})

    assert changed.json["schedule"] == {"kind": "off"}
    assert changed.json["next_times"] == []


@pytest.mark.usefixtures("unset")
async def test_only_the_first_of_two_editors_wins(administrator: Api) -> None:
    first = await ask(administrator, "PUT", "schedule", {"schedule": DAILY})
    unaware = await ask(administrator, "PUT", "schedule", {"schedule": "off"})
    second = await ask(administrator, "PUT", "schedule", {"schedule": "on_refresh"}, etag=first.etag)
    late = await ask(administrator, "PUT", "schedule", {"schedule": "off"}, etag=first.etag)
    shown = await ask(administrator, "GET", "schedule")

    assert [unaware.status, second.status, late.status] == [428, 200, 412]
    assert shown.json["schedule"] == {"kind": "on_refresh"}
    assert shown.etag == second.etag


@pytest.mark.usefixtures("unset")
async def test_a_version_of_what_is_not_there_is_stale(administrator: Api) -> None:
    answer = await ask(administrator, "PUT", "schedule", {"schedule": DAILY}, etag=STALE)

    assert answer.status == 412
    assert (await ask(administrator, "GET", "schedule")).json["schedule"] == {"kind": "on_refresh"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/schedule"),
        ({"schedule": "hourly"}, "/schedule"),
        ({"schedule": DAILY | {"kind": "hourly"}}, "/schedule/kind"),
        ({"schedule": DAILY | {"times": ["07:00", "25:00"]}}, "/schedule/times/1"),
        ({"schedule": DAILY | {"time_zone": "Europe/Atlantis"}}, "/schedule/time_zone"),
        ({"schedule": DAILY, "timezone": "UTC"}, "/timezone"),
    ],
)
@pytest.mark.usefixtures("unset")
async def test_what_is_wrong_is_named(administrator: Api, body: dict[str, Any], pointer: str) -> None:
    answer = await ask(administrator, "PUT", "schedule", body)

    assert (answer.status, answer.json["pointer"]) == (422, pointer)


async def test_contributors_do_not_set_it(contributor: Api) -> None:
    answer = await ask(contributor, "PUT", "schedule", {"schedule": "off"})

    assert answer.status == 403


@pytest.mark.usefixtures("unset")
async def test_what_is_stored_can_be_read_in_storage(administrator: Api, deployment: Deployment) -> None:
    await administrator.call("PUT", "schedule", {"schedule": DAILY})

    blob = await deployment.state.download_blob("settings/schedule.json")

    assert json.loads(await blob.readall())["schedule"] == DAILY
