"""Where the documents of runs lie in the state container."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import count

from shared.errors import ConfigurationError, NotFound, StateConflict
from shared.plans.plan import Plan
from shared.runs.deliveries import Deliveries
from shared.runs.opt_outs import OptOuts
from shared.runs.run import Orders, Run
from shared.state.blobs import StateStore
from shared.state.documents import Documents, Versioned
from shared.state.log_blobs import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """The two logs of a run."""

    deliveries: Log
    outcomes: Log

    async def fold(self, counts: Sequence[int]) -> Deliveries:
        """What they say, for a plan whose chunks have these many contacts."""
        deliveries = Deliveries(counts)
        for line in await self.deliveries.read():
            deliveries.fold_delivery(line)
        for line in await self.outcomes.read():
            deliveries.fold_outcome(line)
        return deliveries


@dataclass(frozen=True, slots=True)
class Records:
    """Run records, orders, plans and logs, by run id."""

    store: StateStore

    @property
    def runs(self) -> Documents[Run]:
        return Documents(self.store, Run, self.run_blob)

    @property
    def orders(self) -> Documents[Orders]:
        return Documents(self.store, Orders, lambda run: f"runs/{run}/orders.json")

    @property
    def plans(self) -> Documents[Plan]:
        return Documents(self.store, Plan, lambda run: f"runs/{run}/plan.json")

    @property
    def opt_outs(self) -> Documents[OptOuts]:
        return Documents(self.store, OptOuts, self.opt_outs_blob)

    def run_blob(self, run: str) -> str:
        return f"runs/{run}/run.json"

    def chunks_blob(self, run: str) -> str:
        return f"runs/{run}/chunks"

    def planned_rejections_blob(self, run: str) -> str:
        return f"runs/{run}/rejected.csv"

    def rejections_blob(self, run: str) -> str:
        return f"runs/{run}/rejections.csv"

    def opt_outs_blob(self, run: str) -> str:
        return f"runs/{run}/opt_outs.json"

    def explanations(self, run: str) -> Log:
        return Log(self.store, f"runs/{run}/explanations")

    def logs(self, run: str) -> Logs:
        return Logs(
            deliveries=Log(self.store, f"runs/{run}/deliveries"),
            outcomes=Log(self.store, f"runs/{run}/outcomes"),
        )

    async def run(self, run: str) -> Versioned[Run]:
        """Raises NotFound."""
        found = await self.runs.get(run)
        if found is None:
            raise NotFound(f"no run has the id {run!r}; GET /api/runs lists them")
        return found

    async def plan(self, run: str) -> Plan:
        """Raises ConfigurationError where it is gone: nobody but the end of a run removes it."""
        found = await self.plans.get(run)
        if found is None:
            raise ConfigurationError(
                f"the plan of run {run} is missing from the state container; start it again"
            )
        return found.value

    async def newest(self, *, export: str | None = None, after: str | None = None) -> AsyncIterator[Run]:
        """Runs, the newest first, from behind the run `after`."""
        async for name in self.names(export=export, after=after):
            if found := await self.runs.get(name):
                yield found.value

    async def names(self, *, export: str | None = None, after: str | None = None) -> AsyncIterator[str]:
        """Ids of runs, the newest first, from behind the run `after`; no record is read."""
        prefix = f"exports/{export}/runs/" if export else "runs/"
        names = self._markers(prefix) if export else self.store.folders(prefix)
        async for name in names:
            if after is None or name > after:
                yield name

    async def remember(self, run: Run) -> None:
        """Notes the run under its export, so that an export's history lists without reading others'."""
        await self.store.put(f"exports/{run.export}/runs/{run.id}", b"")

    async def order(self, run: str, change: Orders) -> Orders:
        """Adds to what people ask of a run."""
        for attempt in count():
            found = await self.orders.get(run)
            try:
                if found is None:
                    return (await self.orders.create(run, change)).value
                asked = found.value.model_copy(update=change.model_dump(exclude_none=True))
                return (await self.orders.replace(run, asked, etag=found.etag)).value
            except StateConflict:
                if attempt == 4:
                    raise
        raise AssertionError("count never ends")

    async def _markers(self, prefix: str) -> AsyncIterator[str]:
        async for entry in self.store.entries(prefix):
            yield entry.name.removeprefix(prefix)
