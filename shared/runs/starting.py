"""Starting runs: one at a time for an export; a second start gives the one that is under way, if it is of
the same kind, dry or real.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import Conflict
from shared.exports.export import Export
from shared.ids import new_run_id
from shared.runs.run import HELD_FOR, Job, Orders, Run, Trigger
from shared.runs.services import RunServices
from shared.suppressions.suppressions import Suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The run, and whether this call made it."""

    run: Run
    created: bool


class StartOptions(BaseModel):
    """What may be asked of a run."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Plans, and sends nothing")
    full: bool = Field(default=False, description="Sends everybody, changed or not")


class Approval(BaseModel):
    """Which plan is approved."""

    model_config = ConfigDict(extra="forbid")

    plan: str = Field(description="The `plan` of the run as it was looked at")


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts, cancels and approves runs."""

    services: RunServices

    async def start(
        self,
        export: Export,
        trigger: Trigger,
        requested_by: str,
        options: StartOptions | None = None,
    ) -> Started:
        """A new run, queued; or the one under way. A held run gives way to the new one.

        Raises Conflict where the export is detached, nothing may run over its connection, or the run under
        way is a dry one and a real one is asked for, or the other way round.
        """
        asked, now = options or StartOptions(), self.services.now()
        await self._check_connection(export.require_connection())
        run = Run(
            id=new_run_id(now),
            export=export.id,
            export_name=export.name,
            connection=export.require_connection(),
            trigger=trigger,
            requested_by=requested_by,
            dry_run=asked.dry_run,
            full=asked.full,
            queued_at=now,
        )
        if (active := await self._claim(run)) is not None:
            _refuse_another_kind(active, asked)
            return Started(run=active, created=False)
        await self.services.records.runs.create(run.id, run)
        await self.services.records.remember(run)
        await self.services.queue.send(Job(run=run.id, slice=run.slice))
        return Started(run=run, created=True)

    async def retry(self, run: Run, requested_by: str) -> Started:
        """A new run that also sends what the ledger withholds. Raises Conflict while the run lasts.

        A full run that left somebody out, or had no plan, is full again: others' lines in the ledger are
        older than it.
        """
        if not run.over:
            raise Conflict(f"run {run.id} is not over ({run.state}); cancel it or wait")
        export = await self.services.exports.get(run.export)
        left_out = run.plan is None or run.counts.unconfirmed + run.counts.unsent > 0
        options = StartOptions(full=run.full and left_out)
        return await self.start(export.value, "retry", requested_by, options)

    async def cancel(self, run: Run, by: str) -> Run:
        """Asks the run to stop. Raises Conflict where it is over."""
        if run.over:
            raise Conflict(f"run {run.id} is over ({run.state}); there is nothing to cancel")
        await self.services.records.order(run.id, Orders(cancel_by=by))
        await self._wake(run)
        return run

    async def approve(self, run: Run, plan: str, by: str) -> Run:
        """Lets a held run deliver exactly the plan that was seen. Raises Conflict where that cannot be."""
        await self._check_approvable(run, plan)
        await self.services.records.order(run.id, Orders(approve_plan=plan, approve_by=by))
        await self._wake(run)
        return run

    async def _check_approvable(self, run: Run, plan: str) -> None:
        if run.over:
            raise Conflict(
                f"run {run.id} is over ({run.reason or run.state}); start the export to plan again"
            )
        if run.state != "held":
            raise Conflict(f"run {run.id} is not held ({run.state}); only a held run can be approved")
        if run.plan != plan:
            raise Conflict(f"the plan of run {run.id} is {run.plan}, not the one given; look at it again")
        if run.planned_at is None or self.services.now() - run.planned_at > HELD_FOR:
            raise Conflict(f"the plan of run {run.id} is too old to be sent; start the export to plan again")
        services = self.services
        suppressions = Suppressions(store=services.store, keys=services.keys, now=services.now)
        if await suppressions.added_since(run.planned_at):
            raise Conflict(
                f"addresses were suppressed after run {run.id} was planned; start the export to plan again"
            )

    async def _check_connection(self, connection: str) -> None:
        """A run would only be skipped; who asks for it should hear that at once."""
        found = await self.services.connections.get(connection)
        if found is None:
            raise Conflict(f"no connection has the id {connection!r}; attach another")
        if found.value.blocked:
            raise Conflict(f"{found.value.blocked}; an administrator can change that, then run it again")

    async def _claim(self, run: Run) -> Run | None:
        """The run that is under way instead; None when the export is ours."""
        exports = self.services.exports
        for _ in range(3):
            if await exports.claim(run.export, run.id):
                return None
            active = await exports.active_run(run.export)
            other = await self.services.records.runs.get(active) if active else None
            if other and not other.value.over and other.value.state != "held":
                return other.value
            if active and await exports.claim(run.export, run.id, instead_of=active):
                if other and not other.value.over:
                    await self._overtake(other.value, run)
                return None
        raise Conflict(f"runs of export {run.export} are being started by others; try again")

    async def _overtake(self, held: Run, by: Run) -> None:
        await self.services.records.order(held.id, Orders(cancel_by=f"run {by.id}, which was started later"))
        await self._wake(held)

    async def _wake(self, run: Run) -> None:
        await self.services.queue.send(Job(run=run.id, slice=run.slice))


def _refuse_another_kind(active: Run, asked: StartOptions) -> None:
    """Whoever wants contacts sent must not take a dry run for that, nor the other way round."""
    if active.dry_run == asked.dry_run:
        return
    what, wanted = ("dry run", "run it") if active.dry_run else ("run", "try it dry")
    raise Conflict(
        f"{what} {active.id} of this export is under way; wait for its end or cancel it, then {wanted}"
    )
