"""Starting what is due, and saying so where it does not start."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared import telemetry
from shared.errors import SegmentExportError
from shared.exports.export import Export
from shared.ids import new_run_id
from shared.runs.run import Run, Trigger
from shared.runs.services import RunServices
from shared.runs.starting import Starter
from shared.schedules.notes import NotStarted, TimerNotes

_BY = "the timer"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why a run is due: a fixed time, or, without one, a new snapshot."""

    due_at: datetime | None
    snapshots: dict[str, str]
    """Segment to the id of its newest snapshot."""

    @property
    def trigger(self) -> Trigger:
        """As it stands in the run."""
        return "schedule" if self.due_at else "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """The runs of one export that the timer starts. Each method gives what is noted then."""

    services: RunServices
    export: Export
    notes: TimerNotes

    async def start(self, occasion: Occasion) -> TimerNotes:
        """A run. Where that cannot be, log and notes say why; for want of a connection, history too."""
        try:
            if obstacle := await self._obstacle():
                return await self._give_up(occasion, obstacle)
            run = (await Starter(self.services).start(self.export, occasion.trigger, _BY)).run
        except SegmentExportError as error:
            return self.put_off(occasion, str(error))
        _log.info("export %s: run %s started by the timer (%s)", self.export.id, run.id, occasion.trigger)
        return self.notes.complaining(None).done(occasion.due_at, f"run {run.id} was started")

    async def skip(self, occasion: Occasion, reason: str) -> TimerNotes:
        """A run that is recorded as skipped, with the snapshots that it would have read."""
        run = await self._record(occasion, reason, occasion.snapshots)
        return self.notes.complaining(None).done(occasion.due_at, f"run {run.id} was skipped: {reason}")

    def fold(self, occasion: Occasion, reason: str) -> TimerNotes:
        """No run: another one has done its work."""
        _log.info("export %s: no run of its own for %s: %s", self.export.id, occasion.due_at, reason)
        return self.notes.complaining(None).done(occasion.due_at, reason)

    def put_off(self, occasion: Occasion, reason: str) -> TimerNotes:
        """It stays due, and the next tick tries again."""
        return self.notes.complaining(self._reported(occasion, reason))

    async def _give_up(self, occasion: Occasion, reason: str) -> TimerNotes:
        """A fixed time is done with; a new snapshot stays new, and is spoken of once."""
        not_started = self._reported(occasion, reason)
        if not_started is not self.notes.not_started and self.export.connection is not None:
            await self._record(occasion, reason, {})
        return self.notes.complaining(not_started).done(occasion.due_at, reason)

    def _reported(self, occasion: Occasion, reason: str) -> NotStarted:
        """Logged, unless the last tick said the same."""
        says = NotStarted(
            at=self.services.now(), due_at=occasion.due_at, snapshots=occasion.snapshots, reason=reason
        )
        if (before := self.notes.not_started) and says.repeats(before):
            return before
        telemetry.event(
            logging.WARNING,
            "run did not start",
            export=self.export.id,
            trigger=occasion.trigger,
            due_at=occasion.due_at.isoformat() if occasion.due_at else None,
            reason=reason,
        )
        return says

    async def _obstacle(self) -> str | None:
        if self.export.connection is None:
            return "it has no connection; attach one"
        found = await self.services.connections.get(self.export.connection)
        if found is None:
            return f"no connection has the id {self.export.connection!r}; attach another"
        return found.value.blocked

    async def _record(self, occasion: Occasion, reason: str, snapshots: dict[str, str]) -> Run:
        now = self.services.now()
        run = Run(
            id=new_run_id(now),
            export=self.export.id,
            export_name=self.export.name,
            connection=self.export.require_connection(),
            trigger=occasion.trigger,
            requested_by=_BY,
            state="skipped",
            reason=reason,
            snapshots=snapshots,
            queued_at=now,
            ended_at=now,
        )
        await self.services.records.runs.create(run.id, run)
        await self.services.records.remember(run)
        telemetry.ended(run)
        return run
