"""Keeping to the limits of an account by spacing its requests evenly."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from shared.activecampaign.instruments import waited
from shared.activecampaign.schedule import Kind, Limits, PacingState, Schedule


class Pacer:
    """Gives every request of one account its moment; all that talk to the account share one Pacer.

    Waiters of a kind go in the order in which they came. A cancelled waiter takes no slot: a slot is taken
    without a pause between looking and taking, under the lock of its kind.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        state: PacingState | None = None,
        wall_now: float = 0.0,
        fresh: bool = True,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`state` is what the account's last pacer saved, at `wall_now` (epoch seconds) by this machine.

        `fresh` says that nothing was sent after `state` was saved; see `Schedule.restored` for what happens
        otherwise. Without a state nothing was ever sent.
        """
        self._schedule = Schedule.restored(limits, state, now=clock(), wall_now=wall_now, fresh=fresh)
        self._clock = clock
        self._sleep = sleep
        self._locks = {kind: asyncio.Lock() for kind in Kind}
        self._waiting = dict.fromkeys(Kind, 0)

    async def bulk(self, count: int) -> float:
        """Waits until an import of `count` contacts may be posted; gives the seconds waited."""
        return await self._turn(Kind.SINGLE if count == 1 else Kind.BULK)

    async def request(self) -> float:
        """Waits until any other request may be sent; gives the seconds waited."""
        return await self._turn(Kind.OTHER)

    def pause(self, seconds: float) -> None:
        """Stops everything for so long from now, unless it is stopped for longer already."""
        self._schedule.pause(self._clock() + seconds)

    def snapshot(self, wall_now: float) -> PacingState:
        """What the account's next pacer has to know, in epoch seconds."""
        return self._schedule.state(now=self._clock(), wall_now=wall_now)

    async def _turn(self, kind: Kind) -> float:
        came = self._clock()
        self._waiting[kind] += 1
        try:
            async with self._locks[kind]:
                while (wait := self._schedule.wait(kind, self._clock(), self._others(kind))) > 0:
                    await self._sleep(wait)
                now = self._clock()
                self._schedule.take(kind, now)
        finally:
            self._waiting[kind] -= 1
        waited(kind.value, now - came)
        return now - came

    def _others(self, kind: Kind) -> frozenset[Kind]:
        return frozenset(other for other, count in self._waiting.items() if count and other is not kind)
