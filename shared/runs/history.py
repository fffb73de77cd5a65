"""Looking at runs."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from shared.errors import ConfigurationError, NotFound
from shared.ids import SLUG, time_of_run
from shared.plans.plan import Plan
from shared.runs.records import Records
from shared.runs.run import Run, State, Trigger
from shared.runs.views import RunDetails, RunList, details, view
from shared.state.blobs import StateStore

_LOOKED_AT = 300
"""Records that one page reads at most: a rare state shall not have a request read the whole history."""
_QUEUED_WITHIN = timedelta(seconds=1)
"""Of the time in its id; that is never later, and whole milliseconds."""
_RUN_ID = r"^[0-9a-hjkmnp-tv-z]{20}$"


def _separated(value: Any) -> Any:
    """Several values of one query parameter: the host joins repeated ones by commas, too."""
    return value.split(",") if isinstance(value, str) else value


class HistoryQuery(BaseModel):
    """What is asked of the history: everything that is given must fit."""

    model_config = ConfigDict(extra="forbid")

    export: Annotated[str | None, Field(pattern=f"^{SLUG}$", description="An export's id")] = None
    state: Annotated[
        list[State] | None,
        BeforeValidator(_separated),
        Field(min_length=1, description="Any of these, separated by commas"),
    ] = None
    trigger: Annotated[Trigger | None, Field(description="What started the run")] = None
    since: Annotated[AwareDatetime | None, Field(description="Queued then or later")] = None
    until: Annotated[AwareDatetime | None, Field(description="Queued before")] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Runs of a page; it may hold fewer")] = 20
    continuation: Annotated[str | None, Field(pattern=_RUN_ID, description="As the page before gave it")] = (
        None
    )

    def fits(self, run: Run) -> bool:
        """Whether the run is asked for."""
        return (
            (self.state is None or run.state in self.state)
            and self.trigger in (None, run.trigger)
            and (self.since is None or run.queued_at >= self.since)
            and (self.until is None or run.queued_at < self.until)
        )


@dataclass(slots=True)
class _Page:
    runs: list[Run]
    last: str | None = None
    """The last run that was looked at."""
    is_whole: bool = True
    """Whether nothing follows."""


@dataclass(frozen=True, slots=True)
class History:
    """Runs, the newest first."""

    records: Records
    store: StateStore

    async def page(self, query: HistoryQuery) -> RunList:
        """One page; one that holds fewer than asked for may still have a continuation."""
        page, looked_at = _Page(runs=[]), 0
        async for name in self._names(query):
            if len(page.runs) == query.limit or looked_at == _LOOKED_AT:
                page.is_whole = False
                break
            page.last, looked_at = name, looked_at + 1
            found = await self.records.runs.get(name)
            if found and query.fits(found.value):
                page.runs.append(found.value)
        return RunList(
            runs=[view(run) for run in page.runs], continuation=None if page.is_whole else page.last
        )

    async def run(self, run: str) -> Run:
        """Raises NotFound."""
        return (await self.records.run(run)).value

    async def details(self, run: str) -> RunDetails:
        """One run with the numbers of its plan. Raises NotFound."""
        record = await self.run(run)
        return details(record, await self._plan(run) if record.plan else None)

    async def rejections(self, run: str) -> bytes:
        """The rejections as CSV, also while the run lasts. Raises NotFound before there is a plan."""
        await self.run(run)
        for blob in (self.records.rejections_blob(run), self.records.planned_rejections_blob(run)):
            if stored := await self.store.read(blob):
                return stored.data
        raise NotFound(f"run {run} has no rejections yet; they come with its plan")

    async def _plan(self, run: str) -> Plan | None:
        """A plan that cannot be read hides no run: the run says what became of it."""
        with suppress(ConfigurationError):
            if found := await self.records.plans.get(run):
                return found.value
        return None

    async def _names(self, query: HistoryQuery) -> AsyncIterator[str]:
        """The ids in question by the times that stand in them, so that other records need not be read."""
        async for name in self.records.names(export=query.export, after=query.continuation):
            made_at = time_of_run(name)
            if query.since and made_at + _QUEUED_WITHIN < query.since:
                return
            if query.until is None or made_at < query.until:
                yield name
