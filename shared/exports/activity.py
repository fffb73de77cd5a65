"""What an export did last, and what the program notes about it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from shared.exports.export import Export, ExportState
from shared.exports.records import Exports
from shared.runs.records import Records
from shared.runs.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The newest run, when a run last delivered, and the notes."""

    last_run: Run | None
    refreshed_at: datetime | None
    state: ExportState


@dataclass(frozen=True, slots=True)
class Activities:
    """Looks at runs and notes of exports."""

    exports: Exports
    records: Records

    async def of(self, export: Export) -> Activity:
        """Runs of a removed export that had the same id are not this one's."""
        last, state = await asyncio.gather(self._newest(export), self.exports.state(export.id))
        is_last = last is not None and last.id == state.last_run
        delivered = last if is_last else await self._run(state.last_run)
        return Activity(last_run=last, refreshed_at=_delivered_at(delivered), state=state)

    async def _newest(self, export: Export) -> Run | None:
        async for run in self.records.newest(export=export.id):
            return run if run.queued_at >= export.created_at else None
        return None

    async def _run(self, run: str | None) -> Run | None:
        found = await self.records.runs.get(run) if run else None
        return found.value if found else None


def _delivered_at(run: Run | None) -> datetime | None:
    return (run.handed_over_at or run.ended_at) if run else None
