"""Local times that recur: what may be written, and the moments that come of it.

A cron expression is walked through in local time without a zone. What daylight saving then does to a local
time is as in Debian's cron(8) for jobs at fixed times, and the same for every expression: a time that is
skipped comes when the gap ends, a time that is repeated comes the first time only.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from heapq import merge
from importlib.resources import files
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic_core import PydanticCustomError

_ANY_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - local times have no zone here
_MINUTE = timedelta(minutes=1)


def check_time_of_day(text: str) -> str:
    """The text; raises PydanticCustomError unless it is HH:MM."""
    if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII):
        return text
    raise PydanticCustomError("time_of_day", "must be a time of day as HH:MM with 24 hours, such as 07:00")


def check_time_zone(text: str) -> str:
    """The text; raises PydanticCustomError unless it is in the IANA time zone database."""
    if text in _time_zones():
        return text
    raise PydanticCustomError("time_zone", "must be an IANA time zone, such as Europe/Berlin or UTC")


def check_cron(text: str) -> str:
    """The text with single spaces; raises PydanticCustomError unless it comes at all within fifty years."""
    fields = text.split()
    if len(fields) != 5:
        raise PydanticCustomError(
            "cron",
            "must have five fields: minute, hour, day of month, month and weekday, as 30 6 * * MON-FRI",
        )
    expression = " ".join(fields)
    try:
        if next(CronSim(expression, _ANY_DAY), None) is None:
            raise PydanticCustomError("cron", "never comes: no date is like that")
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise PydanticCustomError(
            "cron", "is no cron expression: look at {field}", {"field": field}
        ) from error
    return expression


def moments(expressions: Sequence[str], time_zone: str, after: datetime) -> Iterator[datetime]:
    """The moments after `after`, in UTC, in order, each once."""
    zone = ZoneInfo(time_zone)
    start = after.astimezone(zone).replace(tzinfo=None)
    last = after
    for local in merge(*(CronSim(expression, start) for expression in expressions)):
        moment = _moment(local, zone)
        if moment > last:
            yield moment
            last = moment


def newest_moment(expressions: Sequence[str], time_zone: str, until: datetime) -> datetime | None:
    """The last moment that is not after `until`, in UTC."""
    zone = ZoneInfo(time_zone)
    here = until.astimezone(zone)
    # While a repeated hour runs for the second time, all its local times have come already.
    repeated = (here.replace(fold=0).utcoffset() or timedelta()) - (here.utcoffset() or timedelta())
    start = here.replace(tzinfo=None) + repeated + timedelta(seconds=1)
    walks = (CronSim(expression, start, reverse=True) for expression in expressions)
    for local in merge(*walks, reverse=True):
        moment = _moment(local, zone)
        if moment <= until:
            return moment
    return None


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    """The first time that clocks in the zone show this, or go past it."""
    while True:
        moment = local.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == local:
            return moment
        local += _MINUTE


@cache
def _time_zones() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text().split())
