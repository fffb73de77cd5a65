"""The first step of a run: who opted out is read, then the plan is made and noted."""

from dataclasses import dataclass

from shared import telemetry
from shared.connections.connection import Connection
from shared.exports.export import Export
from shared.plans.plan import Plan
from shared.runs.opting_out import OptingOut
from shared.runs.planning import Planning
from shared.runs.record import Record
from shared.runs.services import RunServices
from shared.runs.signals import Next


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """Makes the plan of one run."""

    services: RunServices
    record: Record
    export: Export
    connection: Connection
    deadline: float
    """When the slice has worked long enough, in epoch seconds."""

    async def prepare(self) -> Plan | Next:
        """The plan, noted in the run's record; or when another slice should go on towards it."""
        run, now = self.record.run, self.services.now()
        await self.record.change(
            state="planning",
            connection=self.connection.id,
            account=self.connection.account,
            started_at=run.started_at or now,
            moved_at=run.moved_at or now,
        )
        opting_out = OptingOut(
            services=self.services,
            record=self.record,
            connection=self.connection,
            lists=self.export.honour_opt_outs_of,
            deadline=self.deadline,
        )
        if (delay := await opting_out.read()) is not None:
            return Next(delay=delay)
        planning = Planning(
            services=self.services, still_ours=self.record.lease.check, opted_out=opting_out.matcher
        )
        with telemetry.span("plan", self.record.run):
            plan = await planning.plan(self.record.run, self.export, self.connection)
        await self._note(plan)
        return plan

    async def _note(self, plan: Plan) -> None:
        """The plan, and in the same write that it is held: a crash in between would send it."""
        run, now = self.record.run, self.services.now()
        holds = [finding.message for finding in plan.findings if finding.holds and not run.dry_run]
        await self.record.change(
            state="held" if holds else run.state,
            reason="; ".join(holds) or run.reason,
            plan=plan.id,
            planned_at=now,
            moved_at=now,
            full=plan.full,
            snapshots={snapshot.segment: snapshot.id for snapshot in plan.snapshots},
            counts=plan.counts,
            unconverted=plan.unconverted,
            automations=plan.automations,
            minutes=plan.minutes,
            findings=plan.findings,
        )
        telemetry.planned(self.record.run)
        if holds:
            telemetry.held(self.record.run)
