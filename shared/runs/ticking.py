"""The timer's work: exports that are due start, runs that stalled go on, leftovers go."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from shared.errors import SegmentError, SegmentExportError
from shared.exports.export import Export
from shared.ids import time_of_run
from shared.runs.committing import tidy
from shared.runs.run import Job, Run
from shared.runs.services import RunServices
from shared.runs.starting import Starter
from shared.runs.steps import HELD_FOR

_log = logging.getLogger(__name__)

_ORPHAN_AFTER = timedelta(minutes=2)


@dataclass(slots=True)
class Tick:
    """One look at everything; a fault of one export or run does not keep the others waiting."""

    services: RunServices
    _snapshots: dict[str, str | None] = field(default_factory=dict)

    async def run(self) -> None:
        """Starts what is due and wakes what sleeps too long."""
        async for export, run in self.services.exports.actives():
            with _reported(f"run {run}"):
                await self._look_after(export, run)
        async for document in self.services.exports.all():
            with _reported(f"export {document.value.id}"):
                await self._start_if_due(document.value)

    async def _look_after(self, export: str, run_id: str) -> None:
        found = await self.services.records.runs.get(run_id)
        if found is None:
            await self._release_orphan(export, run_id)
        elif found.value.over:
            await tidy(self.services, found.value)
        elif self._is_stalled(found.value):
            _log.warning("run %s gave no sign of life; its slice is queued again", run_id)
            await self.services.queue.send(Job(run=run_id, slice=found.value.slice))

    def _is_stalled(self, run: Run) -> bool:
        now = self.services.now()
        if run.state == "held":
            return run.planned_at is not None and now - run.planned_at > HELD_FOR
        signs = [run.queued_at, run.started_at, run.alive_at, run.wake_at]
        last = max(sign for sign in signs if sign is not None)
        return now - last > timedelta(seconds=self.services.settings.stall_seconds)

    async def _release_orphan(self, export: str, run_id: str) -> None:
        """A start that died before it wrote its record; its caller got no answer and may start again."""
        if self.services.now() - time_of_run(run_id) > _ORPHAN_AFTER:
            await self.services.exports.release(export, run_id)

    async def _start_if_due(self, export: Export) -> None:
        if not export.active or export.schedule != "on_refresh":
            return
        if await self._is_busy(export):
            return
        if not await self._is_new(export):
            return
        if await self.services.connections.get(export.connection) is None:
            _log.warning("export %s does not run: it has no connection", export.id)
            return
        started = await Starter(self.services).start(export, "refresh", "the timer")
        _log.info("export %s: run %s started for a new snapshot", export.id, started.run.id)

    async def _is_busy(self, export: Export) -> bool:
        """Whether a run is under way; one that is held gives way to a newer snapshot."""
        active = await self.services.exports.active_run(export.id)
        found = await self.services.records.runs.get(active) if active else None
        return active is not None and (found is None or found.value.state != "held")

    async def _is_new(self, export: Export) -> bool:
        """Whether any segment has a snapshot that was not planned yet, and every segment has one."""
        state = await self.services.exports.state(export.id)
        newest = {segment.name: await self._newest(segment.name) for segment in export.segments}
        if not all(newest.values()):
            return False
        return any(state.snapshots.get(name) != snapshot for name, snapshot in newest.items())

    async def _newest(self, segment: str) -> str | None:
        if segment not in self._snapshots:
            try:
                self._snapshots[segment] = (await self.services.segments.newest_snapshot(segment)).id
            except SegmentError as error:
                _log.info("segment %s: %s", segment, error)
                self._snapshots[segment] = None
        return self._snapshots[segment]


@contextmanager
def _reported(subject: str) -> Iterator[None]:
    try:
        yield
    except SegmentExportError as error:
        _log.warning("%s: %s", subject, error)
