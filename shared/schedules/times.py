"""When an export that keeps fixed times runs next, and whether it is time now."""

from datetime import datetime, timedelta
from itertools import islice

from shared.exports.schedule import Off, OnRefresh, Schedule
from shared.schedules.recurrence import moments, newest_moment


def next_times(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    """The next `count` times after `after`, in UTC; none for a schedule without fixed times."""
    if isinstance(schedule, OnRefresh | Off):
        return []
    return list(islice(moments(schedule.expressions, schedule.time_zone, after), count))


def due(schedule: Schedule, last: datetime, now: datetime) -> datetime | None:
    """The newest time after `last` that has come by `now`: however many were missed, one is made up."""
    if isinstance(schedule, OnRefresh | Off):
        return None
    newest = newest_moment(schedule.expressions, schedule.time_zone, now)
    return newest if newest and newest > last else None


def full_is_due(every_days: int | None, last: datetime | None, now: datetime) -> bool:
    """Whether the last full run is so many days ago."""
    if every_days is None:
        return False
    return last is None or now - last >= timedelta(days=every_days)
