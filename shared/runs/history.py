"""Looking at runs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import NotFound
from shared.runs.records import Records
from shared.runs.run import Run, State
from shared.runs.views import RunList, view
from shared.state.blobs import StateStore


class HistoryQuery(BaseModel):
    """What is asked of the history."""

    model_config = ConfigDict(extra="forbid")

    export: str | None = None
    state: State | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    continuation: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Runs, the newest first."""

    records: Records
    store: StateStore

    async def page(self, query: HistoryQuery) -> RunList:
        """One page."""
        found = [run async for run in self._matching(query)]
        more = len(found) > query.limit
        runs = found[: query.limit]
        return RunList(runs=[view(run) for run in runs], continuation=runs[-1].id if more else None)

    async def run(self, run: str) -> Run:
        """Raises NotFound."""
        return (await self.records.run(run)).value

    async def rejections(self, run: str) -> bytes:
        """The rejections as CSV, also while the run lasts. Raises NotFound before there is a plan."""
        await self.run(run)
        for blob in (self.records.rejections_blob(run), self.records.planned_rejections_blob(run)):
            if stored := await self.store.read(blob):
                return stored.data
        raise NotFound(f"run {run} has no rejections yet; they come with its plan")

    async def _matching(self, query: HistoryQuery) -> AsyncIterator[Run]:
        """One run more than a page holds, if there are as many."""
        count = 0
        async for run in self.records.newest(export=query.export, after=query.continuation):
            if query.state in (None, run.state):
                yield run
                count += 1
            if count > query.limit:
                return
