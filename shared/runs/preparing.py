"""The first step of a run: who opted out is read, snapshots are pinned, the account is looked at; then the
plan is made and noted.
"""

from dataclasses import dataclass

from shared import telemetry
from shared.connections.connection import Connection
from shared.exports.export import Export
from shared.plans.destination import Destination, check_destination
from shared.plans.plan import Plan
from shared.runs.asking import asking
from shared.runs.opting_out import OptingOut
from shared.runs.planning import Planning, pin
from shared.runs.record import Record
from shared.runs.services import RunServices
from shared.runs.signals import ENDS_SLICE, Next
from shared.segments.snapshots import Snapshot
from shared.suppressions.hashes import Matcher


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
        return await self._plan(opting_out.matcher)

    async def _plan(self, opted_out: Matcher | None) -> Plan | Next:
        snapshots = await pin(self.services.segments, self.export)
        destination = await self._look(snapshots)
        if isinstance(destination, Next):
            return destination
        planning = Planning(
            services=self.services,
            still_ours=self.record.lease.check,
            snapshots=snapshots,
            destination=destination,
            opted_out=opted_out,
        )
        with telemetry.span("plan", self.record.run):
            plan = await planning.plan(self.record.run, self.export, self.connection)
        await self._note(plan)
        return plan

    async def _look(self, snapshots: tuple[Snapshot, ...]) -> Destination | Next:
        """What the account has, asked for in the run's turn, as limits and waits are kept there.

        Only then are the snapshots noted: a run that has not had its turn yet has done nothing with them.
        """
        async with asking(self.services, self.connection, self.record) as asked:
            if asked is None:
                return Next(delay=self.services.settings.wake_seconds)
            if asked.pause > ENDS_SLICE:
                return Next(delay=asked.pause)
            if not self.record.run.dry_run:
                pinned = {snapshot.segment: snapshot.id for snapshot in snapshots}
                await self.services.exports.note(self.export.id, snapshots=pinned)
            return await asked.account.call(lambda client: check_destination(client, self.export))

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
