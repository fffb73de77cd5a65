"""The steps of a run, one after another while the slice lasts: plan, deliver and confirm, commit."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from shared import telemetry
from shared.errors import (
    AccessDenied,
    ConfigurationError,
    Conflict,
    NotFound,
    PlanningInterrupted,
    RateLimited,
    SegmentExportError,
    StateError,
    Unavailable,
    WrongAddress,
)
from shared.plans.plan import Plan
from shared.runs.committing import Commit, tidy
from shared.runs.deliveries import Deliveries
from shared.runs.endings import final_state, problem
from shared.runs.explaining import Explaining
from shared.runs.opting_out import OptingOut
from shared.runs.planning import Planning, need_connection
from shared.runs.record import Record
from shared.runs.run import HELD_FOR, Ending, Orders
from shared.runs.sending import Sending
from shared.runs.services import RunServices
from shared.runs.signals import Stop

_log = logging.getLogger(__name__)

NO_PROGRESS = timedelta(hours=24)
"""A run that achieved nothing for so long, only waiting, has failed."""
_RETRY_SECONDS = 60.0
_CANNOT_ASK = (AccessDenied, WrongAddress, ConfigurationError)
"""After these there is no use in asking ActiveCampaign what became of the batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """Another slice is needed, in so many seconds."""

    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Takes one run forward for one slice."""

    services: RunServices
    record: Record
    deadline: float
    """When the slice has worked long enough, in epoch seconds."""

    async def take(self) -> Next | None:
        """What comes next, None when the run is over or waits for a person.

        Raises StateError (and what nobody foresaw), so that the message comes again.
        """
        try:
            return await self._step()
        except (StateError, PlanningInterrupted):
            raise
        except (RateLimited, Unavailable) as error:
            return await self._wait(error)
        except SegmentExportError as error:
            return await self._fail(error)

    async def _step(self) -> Next | None:
        run = self.record.run
        orders = await self._orders()
        if run.state == "held":
            return await self._decide_held(orders)
        if not await self.services.exports.claim(run.export, run.id):
            return await self._skip("another run of this export is under way")
        if orders.cancel_by and run.ending is None:
            await self.record.change(
                ending=Ending(state="canceled", reason=f"canceled by {orders.cancel_by}", confirms=True)
            )
        if run.plan is None:
            return await self._plan()
        return await self._send()

    async def _plan(self) -> Next | None:
        run = self.record.run
        if run.ending:
            return await self._finish()
        try:
            export = (await self.services.exports.get(run.export)).value
            connection = await need_connection(self.services, export.connection)
        except NotFound as error:
            return await self._skip(str(error))
        if connection.blocked:
            return await self._skip(connection.blocked)
        now = self.services.now()
        await self.record.change(
            state="planning",
            connection=connection.id,
            account=connection.account,
            started_at=run.started_at or now,
            moved_at=run.moved_at or now,
        )
        opting_out = OptingOut(
            services=self.services,
            record=self.record,
            connection=connection,
            lists=export.honour_opt_outs_of,
            deadline=self.deadline,
        )
        if (delay := await opting_out.read()) is not None:
            return Next(delay=delay)
        planning = Planning(
            services=self.services, still_ours=self.record.lease.check, opted_out=opting_out.matcher
        )
        with telemetry.span("plan", self.record.run):
            plan = await planning.plan(self.record.run, export, connection)
        await self._note_plan(plan)
        if run.dry_run:
            return await self._finish()
        if plan.held:
            await self.record.change(
                state="held",
                slice=run.slice + 1,
                reason="; ".join(f.message for f in plan.findings if f.holds),
            )
            telemetry.held(self.record.run)
            return None
        return await self._send()

    async def _note_plan(self, plan: Plan) -> None:
        now = self.services.now()
        await self.record.change(
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

    async def _decide_held(self, orders: Orders) -> Next | None:
        run = self.record.run
        if orders.cancel_by:
            return await self._end(Ending(state="canceled", reason=f"canceled by {orders.cancel_by}"))
        if not await self.services.exports.claim(run.export, run.id):
            return await self._end(Ending(state="canceled", reason="a later run took its place"))
        if orders.approve_plan and orders.approve_plan == run.plan:
            await self.record.change(
                state="delivering",
                reason=None,
                approved_by=orders.approve_by,
                moved_at=self.services.now(),
            )
            return await self._send()
        if run.planned_at and self.services.now() - run.planned_at > HELD_FOR:
            return await self._end(
                Ending(state="canceled", reason="nobody approved the plan within three days")
            )
        return None

    async def _send(self) -> Next | None:
        run = self.record.run
        plan = await self._read_plan()
        logs = self.services.records.logs(run.id)
        deliveries = await logs.fold(plan.chunks.counts)
        if self._nothing_left(deliveries):
            return await self._finish()
        if run.ending is None and self._is_out_of_patience():
            raise Unavailable(
                "ActiveCampaign has accepted nothing of this run for 24 hours; see whether the account is "
                "active, then start the run again"
            )
        connection = await need_connection(self.services, run.connection)
        if connection.account != plan.account:
            raise Conflict(
                f"connection {connection.id!r} leads to another account than this run was planned for; start "
                "the run again"
            )
        confirms = run.ending is not None or run.state == "confirming"
        await self.record.change(state="confirming" if confirms else "delivering")
        sending = Sending(
            services=self.services,
            connection=connection,
            plan=plan,
            deliveries=deliveries,
            logs=logs,
            record=self.record,
            deadline=self.deadline,
        )
        async with self.services.turns.turn(plan.account, run.id) as turn:
            if turn is None:
                return Next(delay=self.services.settings.wake_seconds)
            with telemetry.span("deliver", self.record.run):
                stop = await sending.send(turn)
        return await self._after(stop, deliveries)

    async def _after(self, stop: Stop, deliveries: Deliveries) -> Next | None:
        if not deliveries.sendable:
            await self.record.change(state="confirming", handed_over_at=deliveries.last_accepted_at)
        match stop.why:
            case "done":
                return await self._finish()
            case "asked" | "deadline":
                return Next()
            case "waiting":
                wake_at = stop.wake_at or 0.0
                return Next(delay=max(wake_at - self.services.now().timestamp(), 0.0))

    async def _wait(self, error: RateLimited | Unavailable) -> Next | None:
        if self._is_out_of_patience():
            return await self._fail(error)
        _log.warning("run %s waits: %s", self.record.run.id, error)
        return Next(delay=error.retry_after or _RETRY_SECONDS)

    async def _fail(self, error: SegmentExportError) -> Next | None:
        """A run that was ending already keeps its reason, and asks for no more outcomes."""
        before = self.record.run.ending
        confirms = before is None and not isinstance(error, _CANNOT_ASK)
        ending = before or Ending(state="failed", problem=problem(error))
        await self.record.change(ending=ending.model_copy(update={"confirms": confirms}))
        if self.record.run.plan is None or not confirms:
            return await self._finish()
        return Next()

    async def _skip(self, reason: str) -> Next | None:
        return await self._end(Ending(state="skipped", reason=reason))

    async def _end(self, ending: Ending) -> Next | None:
        await self.record.change(ending=ending)
        return await self._finish()

    async def _finish(self) -> Next | None:
        """Finds out why imports failed, commits whatever was sent, and ends the run."""
        run = self.record.run
        counts = run.counts
        if plan := await self._plan_to_commit():
            deliveries = await self.services.records.logs(run.id).fold(plan.chunks.counts)
            counts = counts.model_copy(update=deliveries.tally())
            if (delay := await self._explaining(plan, deliveries).explain()) is not None:
                return Next(delay=delay)
            with telemetry.span("commit", run):
                await Commit(services=self.services, run=run, plan=plan, deliveries=deliveries).write()
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

    def _explaining(self, plan: Plan, deliveries: Deliveries) -> Explaining:
        return Explaining(
            services=self.services,
            record=self.record,
            plan=plan,
            deliveries=deliveries,
            deadline=self.deadline,
        )

    def _nothing_left(self, deliveries: Deliveries) -> bool:
        if deliveries.undecided() and (self.record.run.ending is None or self._confirms()):
            return False
        if self.record.run.ending is None:
            deliveries.queue_remaining()
        return not deliveries.sendable

    def _confirms(self) -> bool:
        ending = self.record.run.ending
        return ending is not None and ending.confirms

    def _is_out_of_patience(self) -> bool:
        moved = self.record.run.moved_at or self.record.run.queued_at
        return self.services.now() - moved > NO_PROGRESS

    async def _orders(self) -> Orders:
        found = await self.services.records.orders.get(self.record.run.id)
        return found.value if found else Orders()

    async def _plan_to_commit(self) -> Plan | None:
        """None without a plan, and for a run that ends because its plan was lost."""
        if self.record.run.plan is None:
            return None
        try:
            return await self._read_plan()
        except ConfigurationError:
            if self.record.run.ending is None:
                raise
            return None

    async def _read_plan(self) -> Plan:
        found = await self.services.records.plans.get(self.record.run.id)
        if found is None:
            raise ConfigurationError(
                f"the plan of run {self.record.run.id} is missing from the state container; start it again"
            )
        return found.value
