"""The sending step: delivers and confirms for one slice, in the account's turn."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.activecampaign.pacing import Pacer
from shared.connections.connection import Connection
from shared.plans.destination import check_lists
from shared.plans.plan import Plan
from shared.runs.account import KeyedAccount
from shared.runs.chunk_blobs import ChunkReader
from shared.runs.confirming import Confirmer
from shared.runs.deliveries import Deliveries
from shared.runs.delivering import Delivery
from shared.runs.planning import limits
from shared.runs.posting import Poster
from shared.runs.progress import Rate, progress
from shared.runs.record import Record
from shared.runs.records import Logs
from shared.runs.services import RunServices
from shared.runs.signals import ENDS_SLICE, Signals, Stop
from shared.runs.turns import Turn
from shared.runs.writing import LogWriter

_LOOK_SECONDS = 2.0
"""How often orders are looked at and progress is noted."""


@dataclass(slots=True, kw_only=True)
class Sending:
    """Sends for one run."""

    services: RunServices
    connection: Connection
    plan: Plan
    deliveries: Deliveries
    logs: Logs
    record: Record
    deadline: float
    """In epoch seconds."""
    _rate: Rate = field(default_factory=lambda: Rate(time.monotonic))
    _looked: float = 0.0

    async def send(self, turn: Turn) -> Stop:
        """Delivers until the slice is over; raises what ends the run, and Fenced when it is ours no more."""
        if self.record.run.ending is None:
            self.deliveries.queue_remaining()
        pacer = Pacer(
            limits(self.services, self.connection),
            state=turn.pacing,
            wall_now=time.time(),
            fresh=turn.clean,
        )
        try:
            return _long_pause(pacer) or await self._deliver(turn, pacer)
        finally:
            if turn.lease.fresh:
                await self._keep_pace(turn, pacer, clean=True)

    async def note(self) -> bool:
        """Notes progress; whether the run is asked to stop."""
        orders = await self.services.records.orders.get(self.plan.run)
        run, at, marks = self.record.run, self.services.now(), self.deliveries.marks
        pace = limits(self.services, self.connection)
        await self.record.change(
            marks=marks,
            moved_at=at if marks != run.marks else run.moved_at,
            first_accepted_at=self.deliveries.first_accepted_at,
            alive_at=at,
            counts=run.counts.model_copy(update=self.deliveries.tally()),
            progress=progress(self.deliveries, self.plan, self._rate, pace),
        )
        return run.ending is None and bool(orders and orders.value.cancel_by)

    async def _deliver(self, turn: Turn, pacer: Pacer) -> Stop:
        def still_ours() -> None:
            self.record.lease.check()
            turn.lease.check()

        async def beat() -> bool:
            if time.monotonic() - self._looked < _LOOK_SECONDS:
                return False
            self._looked = time.monotonic()
            await self._keep_pace(turn, pacer, clean=False)
            return await self.note()

        signals = Signals(still_ours=still_ours, pause=pacer.pause, now=time.time)
        checking = self.services.open_account(self.connection, pacer, still_ours)
        await checking.call(lambda client: check_lists(client, self.plan.export))
        account = self.services.open_account(self.connection, pacer, signals.leaving)
        stop = await self._delivery(account, signals, beat).run()
        await self.note()
        if stop.why == "done":
            # A list that was deleted meanwhile took its members along, and no import tells.
            await checking.call(lambda client: check_lists(client, self.plan.export))
            await self.record.change(lists_last_seen_at=self.services.now())
        return stop

    def _delivery(
        self, account: KeyedAccount, signals: Signals, beat: Callable[[], Awaitable[bool]]
    ) -> Delivery:
        services, settings = self.services, self.services.settings
        chunks = ChunkReader(services.store, services.records.chunks_blob(self.plan.run), self.plan.chunks)
        poster = Poster(
            account=account,
            deliveries=self.deliveries,
            chunks=chunks,
            index=self.plan.chunks,
            export=self.plan.export,
            log=LogWriter(self.logs.deliveries, self.deliveries.fold_delivery),
            signals=signals,
        )
        confirmer = Confirmer(
            account=account,
            deliveries=self.deliveries,
            chunks=chunks,
            log=LogWriter(self.logs.outcomes, self.deliveries.fold_outcome),
            signals=signals,
            first=settings.confirm_after_seconds,
            give_up=settings.confirm_minutes * 60,
        )
        return Delivery(
            poster=poster,
            confirmer=confirmer,
            deliveries=self.deliveries,
            signals=signals,
            beat=beat,
            deadline=self.deadline,
        )

    async def _keep_pace(self, turn: Turn, pacer: Pacer, *, clean: bool) -> None:
        state = pacer.snapshot(time.time())
        await self.services.turns.save(self.connection.account, turn.lease, state, clean=clean)


def _long_pause(pacer: Pacer) -> Stop | None:
    """The account asked a run before this one to wait, for longer than a slice should."""
    now = time.time()
    until = pacer.snapshot(now).paused_until
    return Stop(why="waiting", wake_at=until) if until and until - now > ENDS_SLICE else None
