"""The last step of a run: why imports failed, the commit, and the end."""

from dataclasses import dataclass

from shared import telemetry
from shared.errors import ConfigurationError
from shared.plans.plan import Plan
from shared.runs.committing import Commit, tidy
from shared.runs.deliveries import Deliveries
from shared.runs.endings import final_state
from shared.runs.explaining import Explaining
from shared.runs.record import Record
from shared.runs.run import Ending
from shared.runs.services import RunServices
from shared.runs.signals import Next


@dataclass(frozen=True, slots=True, kw_only=True)
class Finishing:
    """Ends one run; a crash in between only makes it end again, the same way."""

    services: RunServices
    record: Record
    deadline: float
    """When the slice has worked long enough, in epoch seconds."""

    async def skip(self, reason: str) -> Next | None:
        """The run does nothing, for this reason."""
        return await self.end(Ending(state="skipped", reason=reason))

    async def end(self, ending: Ending) -> Next | None:
        """The run ends like this."""
        await self.record.change(ending=ending)
        return await self.finish()

    async def finish(self) -> Next | None:
        """Finds out why imports failed, commits whatever was sent, and ends the run."""
        run = self.record.run
        counts = run.counts
        if plan := await self._plan():
            deliveries = await self.services.records.logs(run.id).fold(plan.chunks.counts)
            counts = counts.model_copy(update=deliveries.tally())
            if (delay := await self._explaining(plan, deliveries).explain()) is not None:
                return Next(delay=delay)
            with telemetry.span("commit", run):
                await self._committing(plan, deliveries).write()
        ending = run.ending or Ending(state=final_state(run, counts))
        await self.record.change(
            state=ending.state,
            reason=ending.reason or run.reason,
            problem=ending.problem,
            counts=counts,
            ended_at=self.services.now(),
            wake_at=None,
        )
        telemetry.ended(self.record.run)
        await tidy(self.services, self.record.run)
        return None

    def _committing(self, plan: Plan, deliveries: Deliveries) -> Commit:
        return Commit(
            services=self.services,
            run=self.record.run,
            plan=plan,
            deliveries=deliveries,
            still_ours=self.record.lease.check,
        )

    def _explaining(self, plan: Plan, deliveries: Deliveries) -> Explaining:
        return Explaining(
            services=self.services,
            record=self.record,
            plan=plan,
            deliveries=deliveries,
            deadline=self.deadline,
        )

    async def _plan(self) -> Plan | None:
        """None without a plan, and for a run that ends because its plan was lost."""
        run = self.record.run
        if run.plan is None:
            return None
        try:
            return await self.services.records.plan(run.id)
        except ConfigurationError:
            if run.ending is None:
                raise
            return None
