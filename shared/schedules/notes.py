"""What the timer notes about an export."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from shared.exports.schedule import FixedTimes


class NotStarted(BaseModel):
    """A run that was due and did not start."""

    at: datetime
    """When that was noticed."""
    due_at: datetime | None = None
    """The fixed time; none where a new snapshot was the occasion."""
    snapshots: dict[str, str] = {}
    """Segment to the id of its newest snapshot then."""
    reason: str

    def repeats(self, other: Self | None) -> bool:
        """Whether the other said the same before."""
        return other is not None and self == other.model_copy(update={"at": self.at})


class TimerNotes(BaseModel):
    """Kept from tick to tick, so that nothing is done or said twice."""

    schedule: FixedTimes | None = None
    """The fixed times that are kept; none for an export without, or that is not active."""
    until: datetime | None = None
    """Up to when these times are done with: the last one that was, or when the schedule was set."""
    outcome: str | None = None
    """What became of the last one."""
    not_started: NotStarted | None = None
    """None once a run has started, or would have had nothing to do."""
    stale: dict[str, str] = {}
    """Segment to the id of the snapshot that was reported as old."""
    too_long: str | None = None
    """The run that was reported as taking too long."""

    def keeping(self, schedule: FixedTimes | None, since: datetime) -> Self:
        """These fixed times are kept; others than before only from `since`, when they were set."""
        if schedule == self.schedule:
            return self
        until = since if schedule else None
        return self.model_copy(update={"schedule": schedule, "until": until, "outcome": None})

    def done(self, due_at: datetime | None, outcome: str) -> Self:
        """The fixed time, if it was one, is done with."""
        return self.model_copy(update={"until": due_at, "outcome": outcome}) if due_at else self

    def complaining(self, not_started: NotStarted | None) -> Self:
        """A run that was due did not start; or None: there is nothing to complain about."""
        return self.model_copy(update={"not_started": not_started})

    def aged(self, stale: dict[str, str]) -> Self:
        """These snapshots are reported as old."""
        return self.model_copy(update={"stale": stale})

    def overrun(self, run: str | None) -> Self:
        """This run is reported as taking too long; or None: no run does."""
        return self.model_copy(update={"too_long": run})
