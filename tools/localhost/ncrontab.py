"""NCRONTAB schedules: cron with a field for seconds, in which day and day of week must both match."""

from datetime import datetime
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter

from tools.localhost.errors import HostError


class Schedule:
    """When a timer fires (Microsoft Learn, "Timer trigger for Azure Functions", NCRONTAB expressions).

    Six fields; with five the second is 0. Times are read in `zone`. Raises HostError for what is no schedule.
    """

    def __init__(self, expression: str, *, zone: ZoneInfo, wanted_by: str) -> None:
        fields = expression.split()
        self._expression = " ".join(["0", *fields] if len(fields) == 5 else fields)
        self._zone = zone
        if len(fields) not in (5, 6) or not croniter.is_valid(self._expression, second_at_beginning=True):
            raise HostError(
                f"{wanted_by}: {expression!r} is no NCRONTAB schedule; write six fields, seconds first"
            )

    def next_after(self, moment: datetime) -> datetime:
        """The first time after `moment`, in the schedule's zone; raises HostError where there is none."""
        try:
            times = croniter(
                self._expression, moment.astimezone(self._zone), day_or=False, second_at_beginning=True
            )
            found: datetime = times.get_next(datetime)
        except CroniterError as error:
            raise HostError(f"the schedule {self._expression!r} never comes") from error
        return found

    def is_sub_minute(self) -> bool:
        """Whether it can come more than once a minute: its seconds are not one number."""
        return not self._expression.split()[0].isdigit()
