"""Asking an account before and beside delivering: in the run's turn, at the account's pace."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.activecampaign.pacing import Pacer
from shared.connections.connection import Connection
from shared.runs.account import KeyedAccount
from shared.runs.planning import limits
from shared.runs.record import Record
from shared.runs.services import RunServices
from shared.runs.waking import turn_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An account that may be asked, with whatever the last deliverer was told to wait for."""

    account: KeyedAccount
    pacer: Pacer

    @property
    def pause(self) -> float:
        """For how many seconds the account wants no request."""
        now = time.time()
        until = self.pacer.snapshot(now).paused_until
        return max(until - now, 0.0) if until else 0.0


@asynccontextmanager
async def asking(
    services: RunServices, connection: Connection, record: Record
) -> AsyncIterator[Asked | None]:
    """The account while the block runs, or None where other runs come first.

    Every request raises Fenced where the lease of run or turn is no longer ours. The pace is handed on.
    """
    async with turn_of(services, connection.account, record.run) as turn:
        if turn is None:
            yield None
            return
        pacer = Pacer(limits(services, connection), state=turn.pacing, wall_now=time.time(), fresh=turn.clean)

        def still_ours() -> None:
            record.lease.check()
            turn.lease.check()

        try:
            yield Asked(account=services.open_account(connection, pacer, still_ours), pacer=pacer)
        finally:
            if turn.lease.fresh:
                state = pacer.snapshot(time.time())
                await services.turns.save(connection.account, turn.lease, state, clean=True)
