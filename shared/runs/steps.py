"""The steps of a run, one after another while the slice lasts: plan, deliver and confirm, commit."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from shared import telemetry
from shared.errors import Conflict, NotFound, SegmentExportError, Unavailable
from shared.plans.plan import Plan
from shared.runs.deliveries import Deliveries
from shared.runs.endings import problem
from shared.runs.finishing import Finishing
from shared.runs.planning import need_connection
from shared.runs.preparing import Preparing
from shared.runs.record import Record
from shared.runs.run import HELD_FOR, Ending, Orders
from shared.runs.sending import Sending
from shared.runs.services import RunServices
from shared.runs.signals import Next, Stop
from shared.runs.verdicts import BETWEEN_SLICES, for_run, told_to_wait
from shared.runs.waking import turn_of

_log = logging.getLogger(__name__)

NO_PROGRESS = timedelta(hours=24)
"""A run that achieved nothing for so long, only waiting, has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Takes one run forward for one slice."""

    services: RunServices
    record: Record
    deadline: float
    """When the slice has worked long enough, in epoch seconds."""

    @property
    def _finishing(self) -> Finishing:
        return Finishing(services=self.services, record=self.record, deadline=self.deadline)

    async def take(self) -> Next | None:
        """What comes next, None when the run is over or waits for a person.

        Raises StateError (and what nobody foresaw), so that the message comes again.
        """
        try:
            return await self._step()
        except SegmentExportError as error:
            match for_run(error):
                case "again":
                    raise
                case "wait":
                    return await self._wait(error)
                case "end" | "end_unasked":
                    return await self._fail(error)

    async def _step(self) -> Next | None:
        run = self.record.run
        orders = await self._orders()
        if run.state == "held":
            return await self._decide_held(orders)
        if not await self.services.exports.claim(run.export, run.id):
            return await self._finishing.skip("another run of this export is under way")
        if orders.cancel_by and run.ending is None:
            await self.record.change(
                ending=Ending(state="canceled", reason=f"canceled by {orders.cancel_by}", confirms=True)
            )
        if run.plan is None:
            return await self._plan()
        return await (self._finishing.finish() if run.dry_run else self._send())

    async def _plan(self) -> Next | None:
        run = self.record.run
        if run.ending:
            return await self._finishing.finish()
        try:
            export = (await self.services.exports.get(run.export)).value
            connection = await need_connection(self.services, export.connection)
        except NotFound as error:
            return await self._finishing.skip(str(error))
        if connection.blocked:
            return await self._finishing.skip(connection.blocked)
        prepared = await Preparing(
            services=self.services,
            record=self.record,
            export=export,
            connection=connection,
            deadline=self.deadline,
        ).prepare()
        if isinstance(prepared, Next):
            return prepared
        if run.dry_run:
            return await self._finishing.finish()
        return None if prepared.held else await self._send()

    async def _decide_held(self, orders: Orders) -> Next | None:
        run = self.record.run
        if orders.cancel_by:
            by = f"canceled by {orders.cancel_by}"
            return await self._finishing.end(Ending(state="canceled", reason=by))
        if not await self.services.exports.claim(run.export, run.id):
            return await self._finishing.end(Ending(state="canceled", reason="a later run took its place"))
        if orders.approve_plan and orders.approve_plan == run.plan:
            await self.record.change(
                state="delivering",
                reason=None,
                approved_by=orders.approve_by,
                moved_at=self.services.now(),
            )
            return await self._send()
        if run.planned_at and self.services.now() - run.planned_at > HELD_FOR:
            return await self._finishing.end(
                Ending(state="canceled", reason="nobody approved the plan within three days")
            )
        return None

    async def _send(self) -> Next | None:
        run = self.record.run
        plan = await self.services.records.plan(run.id)
        logs = self.services.records.logs(run.id)
        deliveries = await logs.fold(plan.chunks.counts)
        if self._nothing_left(deliveries) and not self._owes_last_look(plan):
            return await self._finishing.finish()
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
        async with turn_of(self.services, plan.account, run) as turn:
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
                return await self._finishing.finish()
            case "asked" | "deadline":
                return Next()
            case "waiting":
                wake_at = stop.wake_at or 0.0
                return Next(delay=max(wake_at - self.services.now().timestamp(), 0.0))

    async def _wait(self, error: SegmentExportError) -> Next | None:
        if self._is_out_of_patience():
            return await self._fail(error)
        _log.warning("run %s waits: %s", self.record.run.id, error)
        return Next(delay=told_to_wait(error) or BETWEEN_SLICES)

    async def _fail(self, error: SegmentExportError) -> Next | None:
        """A run that was ending already keeps its reason, and asks for no more outcomes."""
        before = self.record.run.ending
        confirms = before is None and for_run(error) != "end_unasked"
        ending = before or Ending(state="failed", problem=problem(error))
        await self.record.change(ending=ending.model_copy(update={"confirms": confirms}))
        if self.record.run.plan is None or not confirms:
            return await self._finishing.finish()
        return Next()

    def _nothing_left(self, deliveries: Deliveries) -> bool:
        if deliveries.undecided() and (self.record.run.ending is None or self._confirms()):
            return False
        if self.record.run.ending is None:
            deliveries.queue_remaining()
        return not deliveries.sendable

    def _owes_last_look(self, plan: Plan) -> bool:
        """Whether the last outcome is known, and not yet that the lists are still there."""
        run = self.record.run
        return run.ending is None and plan.counts.planned > 0 and run.lists_last_seen_at is None

    def _confirms(self) -> bool:
        ending = self.record.run.ending
        return ending is not None and ending.confirms

    def _is_out_of_patience(self) -> bool:
        moved = self.record.run.moved_at or self.record.run.queued_at
        return self.services.now() - moved > NO_PROGRESS

    async def _orders(self) -> Orders:
        found = await self.services.records.orders.get(self.record.run.id)
        return found.value if found else Orders()
