"""Laws of fixed times, in zones whose clocks change in every way there is."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.exports.schedule import Cron, Daily, FixedTimes, Monthly, Schedule, Weekly
from shared.schedules.times import due, next_times

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "Africa/Cairo",  # at midnight
    "America/Santiago",  # at midnight, in the other half of the year
    "Asia/Kolkata",  # never
    "UTC",
)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

zones = st.sampled_from(ZONES)
times = st.lists(
    st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)), min_size=1, max_size=4
)
moments = st.timedeltas(timedelta(), timedelta(days=730)).map(datetime(2026, 1, 1, tzinfo=UTC).__add__)
lapses = st.timedeltas(timedelta(), timedelta(days=40))


def subsets(choices: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(choices), min_size=1, max_size=4)


schedules: st.SearchStrategy[FixedTimes] = st.one_of(
    st.builds(Daily, kind=st.just("daily"), times=times, time_zone=zones),
    st.builds(Weekly, kind=st.just("weekly"), weekdays=subsets(WEEKDAYS), times=times, time_zone=zones),
    st.builds(
        Monthly, kind=st.just("monthly"), days=subsets([*range(1, 32), "last"]), times=times, time_zone=zones
    ),
    st.builds(
        Cron,
        kind=st.just("cron"),
        expression=st.sampled_from(["*/15 * * * *", "5 */6 * * *", "30 1-3 * * SUN", "0 2 L * *"]),
        time_zone=zones,
    ),
)


def daily(zone: str, *times: str) -> Daily:
    return Daily(kind="daily", times=list(times), time_zone=zone)


@given(schedules, moments)
@example(daily("Europe/Berlin", "02:30"), datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
@example(daily("Australia/Lord_Howe", "02:10", "02:20", "02:30"), datetime(2026, 10, 3, 15, 0, tzinfo=UTC))
def test_times_come_one_after_another_and_never_twice(schedule: FixedTimes, after: datetime) -> None:
    found = next_times(schedule, after, 6)

    assert len(found) == 6
    assert found[0] > after
    assert all(earlier < later for earlier, later in pairwise(found))


@given(schedules, moments)
def test_each_local_time_comes_once_a_day(schedule: FixedTimes, after: datetime) -> None:
    found = next_times(schedule, after, 30)

    local = [moment.astimezone(ZoneInfo(schedule.time_zone)).replace(tzinfo=None) for moment in found]
    assert len(set(local)) == len(local)
    assert local == sorted(local)


@given(schedules, moments)
def test_asking_again_later_gives_the_same_times(schedule: FixedTimes, after: datetime) -> None:
    first, *rest = next_times(schedule, after, 4)

    assert next_times(schedule, first, 3) == rest


@given(schedules, moments, lapses)
@example(daily("Europe/Berlin", "02:30"), datetime(2026, 10, 25, 0, 0, tzinfo=UTC), timedelta(minutes=90))
def test_what_is_due_is_the_newest_time_that_has_come(
    schedule: FixedTimes, last: datetime, lapse: timedelta
) -> None:
    now = last + lapse

    found = due(schedule, last, now)

    if found is None:
        assert next_times(schedule, last, 1)[0] > now
    else:
        assert last < found <= now
        assert next_times(schedule, found - timedelta(microseconds=1), 1) == [found]
        assert next_times(schedule, found, 1)[0] > now


@given(schedules, moments, lapses)
def test_catching_up_makes_one_of_all_that_was_missed(
    schedule: FixedTimes, last: datetime, lapse: timedelta
) -> None:
    now = last + lapse

    made_up = due(schedule, last, now)

    assert made_up is None or due(schedule, made_up, now) is None


@given(schedules, moments, st.lists(st.timedeltas(timedelta(minutes=1), timedelta(hours=9)), max_size=12))
def test_ticks_whenever_they_come_meet_each_time_once(
    schedule: FixedTimes, start: datetime, pauses: list[timedelta]
) -> None:
    met, now = [start], start

    for pause in pauses:
        now += pause
        if found := due(schedule, met[-1], now):
            met.append(found)

    assert all(earlier < later for earlier, later in pairwise(met))
    assert next_times(schedule, met[-1], 1)[0] > now


@given(times, zones, st.dates(date(2026, 1, 1), date(2027, 12, 1)))
def test_a_day_has_as_many_runs_as_times_that_are_not_skipped(times: list[str], zone: str, day: date) -> None:
    schedule, here = daily(zone, *times), ZoneInfo(zone)
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=here).astimezone(UTC)

    found = next_times(schedule, midnight - timedelta(minutes=1), 9)

    shown = [moment.astimezone(here) for moment in found]
    today = [f"{moment:%H:%M}" for moment in shown if moment.date() == day]
    real = {time for time in times if _exists(day, time, here)}
    assert real <= set(today)
    assert len(today) <= len(set(times))


@given(schedules)
def test_a_schedule_is_the_same_after_storing(schedule: FixedTimes) -> None:
    adapter: TypeAdapter[Schedule] = TypeAdapter(Schedule)

    assert adapter.validate_json(adapter.dump_json(schedule)) == schedule


def _exists(day: date, time: str, zone: ZoneInfo) -> bool:
    local = datetime.combine(day, datetime.strptime(time, "%H:%M").time())  # noqa: DTZ007
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
