"""Poison: a job that failed again and again."""

import logging
from dataclasses import dataclass

from shared import telemetry
from shared.runs.committing import tidy
from shared.runs.record import Record
from shared.runs.run import Ending, Job, Problem, Run
from shared.runs.services import RunServices
from shared.state.leases import held

_log = logging.getLogger(__name__)

_PROBLEM = Problem(
    code="slice_failed",
    message="a slice of the run failed five times without getting on; see the app's log of that time, then "
    "start the run again: what was accepted is not lost",
)


@dataclass(frozen=True, slots=True)
class Poison:
    """Ignored where its slice is over, revived while there is progress, else the run fails."""

    services: RunServices

    async def handle(self, job: Job) -> None:
        """Decides about one poisoned job; doing it twice changes nothing."""
        found = await self.services.records.runs.get(job.run)
        if found and found.value.over:
            await tidy(self.services, found.value)
            return
        if found is None or found.value.slice != job.slice:
            _log.info("poisoned job ignored: slice %s of run %s is over", job.slice, job.run)
            return
        blob = self.services.records.run_blob(job.run)
        settings = self.services.settings
        async with held(self.services.leases, blob, settings.lease_seconds, self.services.clock) as lease:
            if lease is None:
                await self.services.queue.send(job, delay=settings.lease_seconds)
                return
            record = Record(self.services.records, lease, await self.services.records.run(job.run))
            if record.run.slice == job.slice and not record.run.over:
                await self._decide(record, job)

    async def _decide(self, record: Record, job: Job) -> None:
        run = record.run
        marks = await self._marks(run.id)
        if run.revived_at is None or marks > run.revived_at:
            _tell(run, "revived")
            await self.services.queue.send(Job(run=run.id, slice=run.slice + 1))
            await record.change(revived_at=marks, slice=run.slice + 1)
            return
        if run.ending is None:
            _tell(run, "failed")
            ending = Ending(state="failed", problem=_PROBLEM, confirms=False)
            await self.services.queue.send(Job(run=run.id, slice=run.slice + 1))
            await record.change(ending=ending, slice=run.slice + 1)
            return
        _tell(run, "ended without a commit")
        await record.change(state="failed", problem=_PROBLEM, ended_at=self.services.now())
        telemetry.ended(record.run)
        await tidy(self.services, record.run)

    async def _marks(self, run: str) -> int:
        """What the logs show; the record may be older."""
        plan = await self.services.records.plans.get(run)
        if plan is None:
            return 0
        deliveries = await self.services.records.logs(run).fold(plan.value.chunks.counts)
        return 1 + deliveries.marks


def _tell(run: Run, outcome: str) -> None:
    about: dict[str, str | int] = {"run": run.id, "export": run.export, "slice": run.slice}
    telemetry.event(logging.WARNING, "poison message", **about, outcome=outcome)
