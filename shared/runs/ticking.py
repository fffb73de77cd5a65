"""The timer's work: exports that are due start, runs that stalled go on, leftovers go."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared import telemetry
from shared.errors import Fenced, SegmentExportError, StateConflict
from shared.exports.export import Export, ExportState
from shared.exports.schedule import Off, Schedule
from shared.ids import time_of_run
from shared.runs.committing import tidy
from shared.runs.run import Job, Run
from shared.runs.services import RunServices
from shared.runs.stalling import is_stalled
from shared.schedules.general import GeneralSchedule, GeneralSchedules
from shared.schedules.newest import NewestSnapshots
from shared.schedules.notes import TimerNotes
from shared.schedules.overrun import takes_too_long
from shared.schedules.watch import Watch
from shared.state.documents import Versioned

_log = logging.getLogger(__name__)

_ORPHAN_AFTER = timedelta(minutes=2)


@dataclass(slots=True)
class Tick:
    """One look at everything; a fault of one export or run does not keep the others waiting."""

    services: RunServices
    _newest: NewestSnapshots = field(init=False)
    _general: GeneralSchedule | None = None
    _under_way: dict[str, Run] = field(default_factory=dict)
    """By export."""

    def __post_init__(self) -> None:
        self._newest = NewestSnapshots(self.services.segments)

    async def run(self) -> None:
        """Starts what is due and wakes what sleeps too long."""
        async for export, run in self.services.exports.actives():
            with _reported(f"run {run}"):
                await self._look_after(export, run)
        async for document in self.services.exports.all():
            with _reported(f"export {document.value.id}"):
                await self._watch(document.value)

    async def _look_after(self, export: str, run_id: str) -> None:
        found = await self.services.records.runs.get(run_id)
        if found is None:
            await self._release_orphan(export, run_id)
            return
        self._under_way[export] = found.value
        if found.value.over:
            await tidy(self.services, found.value)
        elif await self._is_stalled(found.value):
            await self._queue_again(found)

    async def _is_stalled(self, run: Run) -> bool:
        now, patience = self.services.now(), timedelta(seconds=self.services.settings.stall_seconds)
        if not is_stalled(run, now=now, reached=now, patience=patience):
            return False
        front = await self.services.queue.front()
        return front is None or is_stalled(run, now=now, reached=front, patience=patience)

    async def _queue_again(self, found: Versioned[Run]) -> None:
        """At most one job each time that its patience ends; none where a worker has the run after all."""
        run = found.value
        noted = run.changed(queued_again_at=self.services.now())
        try:
            await self.services.records.runs.replace(run.id, noted, etag=found.etag)
        except (Fenced, StateConflict):
            return
        _log.warning("run %s gave no sign of life; its slice is queued again", run.id)
        await self.services.queue.send(Job(run=run.id, slice=run.slice))

    async def _release_orphan(self, export: str, run_id: str) -> None:
        """A start that died before it wrote its record; its caller got no answer and may start again."""
        if self.services.now() - time_of_run(run_id) > _ORPHAN_AFTER:
            await self.services.exports.release(export, run_id)

    async def _watch(self, export: Export) -> None:
        state = await self.services.exports.state(export.id)
        notes = await self._looked(export, state) if export.active else TimerNotes()
        notes = notes.overrun(self._overrun(export.id, state.timer.too_long))
        if notes != state.timer:
            await self.services.exports.note(export.id, timer=notes)

    def _overrun(self, export: str, reported: str | None) -> str | None:
        """The run that takes too long, if one does; spoken of once."""
        run, now = self._under_way.get(export), self.services.now()
        if run is None or not takes_too_long(run, now):
            return None
        if run.id != reported:
            telemetry.event(
                logging.WARNING,
                "run too long",
                run=run.id,
                export=export,
                state=run.state,
                planned_minutes=run.minutes,
            )
        return run.id

    async def _looked(self, export: Export, state: ExportState) -> TimerNotes:
        schedule, since = await self._schedule(export)
        if isinstance(schedule, Off):
            return TimerNotes()
        found = await self._newest.find(segment.name for segment in export.segments)
        watch = Watch(services=self.services, export=export, state=state, since=since, found=found)
        return await watch.look(schedule)

    async def _schedule(self, export: Export) -> tuple[Schedule, datetime]:
        """What the export keeps, and when that was set, at the latest."""
        if export.schedule is not None:
            return export.schedule, export.updated_at
        if self._general is None:
            self._general = await GeneralSchedules(self.services.store).current()
        general = self._general
        return general.schedule, max(export.updated_at, general.updated_at or export.updated_at)


@contextmanager
def _reported(subject: str) -> Iterator[None]:
    try:
        yield
    except SegmentExportError as error:
        _log.warning("%s: %s", subject, error)
