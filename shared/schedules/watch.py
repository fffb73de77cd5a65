"""One export at one tick: is its data old, is it due, and what comes of that."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared import telemetry
from shared.errors import SegmentNotFound
from shared.exports.export import Export, ExportState
from shared.exports.schedule import FixedTimes, OnRefresh
from shared.runs.run import Run
from shared.runs.services import RunServices
from shared.schedules.newest import Found
from shared.schedules.notes import TimerNotes
from shared.schedules.staleness import stale_since
from shared.schedules.starts import Occasion, Starts
from shared.schedules.times import due, full_is_due
from shared.schedules.verdict import Situation, verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the timer does about one active export."""

    services: RunServices
    export: Export
    state: ExportState
    since: datetime
    """When its schedule was set, at the latest: it does not start for a time before."""
    found: Found
    """The newest snapshots of its segments."""

    async def look(self, schedule: OnRefresh | FixedTimes) -> TimerNotes:
        """Starts what is due; gives what is noted then."""
        notes = self._report_age(self.state.timer)
        if isinstance(schedule, OnRefresh):
            return await self._follow_refresh(notes.keeping(None, self.since))
        return await self._keep_times(schedule, notes.keeping(schedule, self.since))

    async def _follow_refresh(self, notes: TimerNotes) -> TimerNotes:
        """A run as soon as every segment has a snapshot and one of them is new.

        A segment that is not there is waited for; one that cannot be read is spoken of, since it may be new.
        """
        if self.found.problems:
            return self._report_unreadable(notes)
        if not self._has_news:
            return notes.complaining(None)
        busy, _ = await self._active()
        if busy:
            return notes
        return await self._starts(notes).start(Occasion(due_at=None, snapshots=self.found.ids))

    def _report_unreadable(self, notes: TimerNotes) -> TimerNotes:
        for segment, problem in self.found.problems.items():
            if not problem.retryable and not isinstance(problem, SegmentNotFound):
                occasion = Occasion(due_at=None, snapshots=self.found.ids)
                return self._starts(notes).put_off(occasion, f"segment {segment!r}: {problem}")
        return notes

    async def _keep_times(self, schedule: FixedTimes, notes: TimerNotes) -> TimerNotes:
        """While a run is under way, a time that has come waits to see what that run leaves to do."""
        due_at = due(schedule, notes.until or self.since, self.services.now())
        if due_at is None:
            return notes
        busy, held = await self._active()
        if busy:
            return notes
        starts, occasion = self._starts(notes), Occasion(due_at=due_at, snapshots=self.found.ids)
        for problem in self.found.problems.values():
            return notes if problem.retryable else starts.put_off(occasion, str(problem))
        decided = verdict(await self._situation(due_at, held))
        match decided.action:
            case "start":
                return await starts.start(occasion)
            case "skip":
                return await starts.skip(occasion, decided.reason)
            case "fold":
                return starts.fold(occasion, decided.reason)

    async def _situation(self, due_at: datetime, held: Run | None) -> Situation:
        every_days, last_full_at = self.export.full_every_days, self.state.last_full_at
        return Situation(
            due_at=due_at,
            news=self._has_news,
            held=held,
            last=await self._last_run(),
            changed_at=self.export.updated_at,
            full_is_due=full_is_due(every_days, last_full_at, self.services.now()),
        )

    async def _last_run(self) -> Run | None:
        async for run in self.services.records.newest(export=self.export.id):
            if not run.dry_run:
                return run
        return None

    async def _active(self) -> tuple[bool, Run | None]:
        """Whether a run is under way, and the one that is held, which gives way to a newer snapshot."""
        active = await self.services.exports.active_run(self.export.id)
        if active is None:
            return False, None
        found = await self.services.records.runs.get(active)
        if found is None or found.value.state != "held":
            return True, None
        return False, None if found.value.dry_run else found.value

    def _report_age(self, notes: TimerNotes) -> TimerNotes:
        """Speaks of each snapshot that is old once; the export goes on succeeding with it."""
        hours, now = self.export.stale_after_hours, self.services.now()
        stale = {name: notes.stale[name] for name in self.found.problems if name in notes.stale}
        for name, snapshot in self.found.snapshots.items():
            if not stale_since(snapshot.taken_at, now, hours):
                continue
            stale[name] = snapshot.id
            if notes.stale.get(name) != snapshot.id:
                telemetry.event(
                    logging.WARNING,
                    "stale segment",
                    export=self.export.id,
                    segment=name,
                    snapshot=snapshot.id,
                    taken_at=snapshot.taken_at.isoformat() if snapshot.taken_at else None,
                    stale_after_hours=hours,
                )
        return notes.aged(stale)

    def _starts(self, notes: TimerNotes) -> Starts:
        return Starts(services=self.services, export=self.export, notes=notes)

    @property
    def _has_news(self) -> bool:
        planned = self.state.snapshots
        return any(planned.get(segment) != snapshot for segment, snapshot in self.found.ids.items())
