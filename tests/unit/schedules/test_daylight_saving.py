"""Fixed times over the changes of 2026, of which the IANA time zone database knows the moments."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from shared.exports.schedule import Schedule
from shared.schedules.times import due, next_times

SPRING = {
    # zone: the change in UTC, the first local time after it, a local time that is skipped
    "Europe/Berlin": ("2026-03-29T01:00", "03:00", "02:30"),
    "America/New_York": ("2026-03-08T07:00", "03:00", "02:30"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "02:30", "02:15"),
    "Africa/Cairo": ("2026-04-23T22:00", "01:00", "00:30"),
}
AUTUMN = {
    # zone: the change in UTC, a local time that is repeated, how long the repeated span is
    "Europe/Berlin": ("2026-10-25T01:00", "02:30", timedelta(hours=1)),
    "America/New_York": ("2026-11-01T06:00", "01:30", timedelta(hours=1)),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "01:45", timedelta(minutes=30)),
    "Africa/Cairo": ("2026-10-29T21:00", "23:30", timedelta(hours=1)),
}
WITHOUT = ("UTC", "Asia/Kolkata", "America/Phoenix")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(**document: Any) -> Schedule:
    made: Schedule = TypeAdapter(Schedule).validate_python(document)
    return made


def daily(zone: str, *times: str) -> Schedule:
    return schedule(kind="daily", times=list(times), time_zone=zone)


@pytest.mark.parametrize("zone", SPRING)
def test_a_time_that_is_skipped_comes_once_when_the_gap_ends(zone: str) -> None:
    change, _, skipped = SPRING[zone]
    before = at(change) - timedelta(hours=20)

    found = next_times(daily(zone, skipped), before, 2)

    assert found[0] == at(change)
    assert found[1] - found[0] < timedelta(days=1)
    assert {moment.utcoffset() for moment in found} == {timedelta()}


@pytest.mark.parametrize("zone", SPRING)
def test_a_skipped_time_and_the_one_that_ends_the_gap_are_one(zone: str) -> None:
    change, first, skipped = SPRING[zone]
    kept = daily(zone, skipped, first)

    found = next_times(kept, at(change) - timedelta(minutes=1), 3)

    assert found[0] == at(change)
    assert found[1] > found[0] + timedelta(hours=20)
    assert due(kept, at(change), at(change) + timedelta(hours=12)) is None


@pytest.mark.parametrize("zone", AUTUMN)
def test_a_time_that_is_repeated_comes_the_first_time_only(zone: str) -> None:
    change, repeated, span = AUTUMN[zone]
    kept = daily(zone, repeated)

    found = next_times(kept, at(change) - timedelta(hours=20), 2)

    assert at(change) - span <= found[0] < at(change)
    assert found[1] - found[0] == timedelta(days=1) + span


@pytest.mark.parametrize("zone", AUTUMN)
@pytest.mark.parametrize("minutes", [1, 10, 29])
def test_nothing_is_due_again_while_the_hour_is_repeated(zone: str, minutes: int) -> None:
    change, repeated, _ = AUTUMN[zone]
    kept = daily(zone, repeated)
    first = next_times(kept, at(change) - timedelta(hours=20), 1)[0]
    now = at(change) + timedelta(minutes=minutes)

    assert due(kept, first, now) is None
    assert due(kept, first - timedelta(minutes=1), now) == first
    assert next_times(kept, now, 1)[0] > now + timedelta(hours=20)


@pytest.mark.parametrize("zone", [*SPRING, *WITHOUT])
def test_a_time_of_day_stays_the_same_local_time_all_year(zone: str) -> None:
    start = at("2026-01-01T12:00")

    found = next_times(daily(zone, "13:30"), start, 365)

    local = [moment.astimezone(ZoneInfo(zone)) for moment in found]
    assert {f"{moment:%H:%M}" for moment in local} == {"13:30"}
    assert len({moment.date() for moment in local}) == 365


@pytest.mark.parametrize("zone", WITHOUT)
def test_without_daylight_saving_a_day_has_24_hours(zone: str) -> None:
    found = next_times(daily(zone, "02:30"), at("2026-01-01T00:00"), 366)

    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(days=1)}


def test_an_hourly_cron_expression_keeps_each_local_hour_once() -> None:
    kept = schedule(kind="cron", expression="0 * * * *", time_zone="Europe/Berlin")

    spring = next_times(kept, at("2026-03-28T23:00"), 3)
    autumn = next_times(kept, at("2026-10-24T22:30"), 4)

    assert spring == [at("2026-03-29T00:00"), at("2026-03-29T01:00"), at("2026-03-29T02:00")]
    assert autumn[1:] == [at("2026-10-25T00:00"), at("2026-10-25T02:00"), at("2026-10-25T03:00")]
