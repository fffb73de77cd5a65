"""Timer functions through the whole host, and their schedules."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.integration.localhost.store import APP, Store
from tools.localhost.errors import HostError
from tools.localhost.host import Host
from tools.localhost.ncrontab import Schedule

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def schedule(expression: str, zone: str = "UTC") -> Schedule:
    return Schedule(expression, zone=ZoneInfo(zone), wanted_by="function tick")


async def test_a_timer_fires_by_its_schedule_on_one_of_several_instances(store: Store) -> None:
    async with Host(APP, store.settings | {"TICK": "* * * * * *"}, instances=2) as host:
        await host.wait_for(lambda host: len(host.history) >= 2)

    assert {(each.function, each.instance, each.ok) for each in host.history} == {("tick", 1, True)}
    assert not (await store.blob("tick"))["past_due"]


async def test_a_timer_that_fell_due_while_the_host_was_down_fires_once_at_the_start(store: Store) -> None:
    async with Host(APP, store.settings | {"TICK": "0 0 * * * *"}):
        await store.set_timer_back(timedelta(hours=3))

    async with Host(APP, store.settings | {"TICK": "0 0 * * * *"}) as host:
        await host.wait_for(lambda host: len(host.history) == 1)

    blob = await store.blob("tick")
    status = await store.timer_status()
    assert blob["past_due"]
    assert len(host.history) == 1
    assert datetime.fromisoformat(status["Next"]) > datetime.now(UTC)
    assert blob["schedule_status"]["Next"] < status["Next"]


async def test_a_schedule_that_was_changed_is_reckoned_anew_and_does_not_fire(store: Store) -> None:
    async with Host(APP, store.settings | {"TICK": "0 0 0 1 1 *"}):
        before = await store.timer_status()

    async with Host(APP, store.settings | {"TICK": "0 0 0 1 7 *"}) as host:
        after = await store.timer_status(other_than=before)

    assert host.history == []
    assert [datetime.fromisoformat(status["Next"]).month for status in (before, after)] == [1, 7]


@pytest.mark.parametrize(
    ("expression", "first_two"),
    [
        ("0 */5 * * * *", ["2026-01-01T00:05:00", "2026-01-01T00:10:00"]),
        ("*/5 * * * *", ["2026-01-01T00:05:00", "2026-01-01T00:10:00"]),
        ("30 0 9 * Jan Mon-Fri", ["2026-01-01T09:00:30", "2026-01-02T09:00:30"]),
        ("0 0 0 13 * 5", ["2026-02-13T00:00:00", "2026-03-13T00:00:00"]),
    ],
    ids=["minutes", "five fields", "names", "a Friday the 13th: both days must match"],
)
def test_a_schedule_comes_when_ncrontab_says(expression: str, first_two: list[str]) -> None:
    times = schedule(expression)

    first = times.next_after(NEW_YEAR)
    second = times.next_after(first)

    assert [first.isoformat(), second.isoformat()] == [f"{time}+00:00" for time in first_two]


def test_a_schedule_is_read_in_its_zone() -> None:
    nine_in_berlin = schedule("0 0 9 * * *", "Europe/Berlin").next_after(NEW_YEAR)

    assert nine_in_berlin.astimezone(UTC).hour == 8


@pytest.mark.parametrize(
    "expression", ["", "every day", "0 0 0 0 0", "61 * * * * *", "* * * * * * *", "00:05:00"]
)
def test_what_is_no_schedule_is_refused_with_the_name_of_its_function(expression: str) -> None:
    with pytest.raises(HostError, match="function tick"):
        schedule(expression)


def test_a_schedule_that_never_comes_is_refused() -> None:
    with pytest.raises(HostError, match="never comes"):
        schedule("0 0 0 30 2 *").next_after(NEW_YEAR)
