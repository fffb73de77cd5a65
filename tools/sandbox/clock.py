"""The sandbox's time: real, faster than real, or moved by hand."""

import asyncio
import heapq
import math
import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Protocol

ACCOUNT_ZONE = timezone(timedelta(hours=-5))
"""The account's own time zone; recorded answers carry `-05:00`."""


class Clock(Protocol):
    """Seconds since 1970 as the sandbox counts them, and the client's seconds beside them."""

    scale: float

    def now(self) -> float:
        """Sandbox seconds since 1970; never goes back."""

    def wall(self) -> float:
        """The client's own seconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Wait for so many sandbox seconds."""


class ScaledClock:
    """Real time, `scale` times as fast: with 10, a minute of the limits lasts six real seconds."""

    def __init__(self, scale: float = 1.0) -> None:
        if not scale > 0:
            raise ValueError("the time scale must be above 0; 1 is real time")
        self.scale = scale
        self._wall_start = time.time()
        self._start = time.monotonic()

    def now(self) -> float:
        return self._wall_start + (time.monotonic() - self._start) * self.scale

    def wall(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.scale)


class ManualClock:
    """Stands still until `advance` moves it, so that tests of hours take no time."""

    scale = 1.0

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self._now = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._sequence = 0
        self._arrival: asyncio.Future[None] | None = None

    def now(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on and wake whoever waited until then."""
        self._now += seconds
        while self._sleepers and self._sleepers[0][0] <= self._now:
            sleeper = heapq.heappop(self._sleepers)[2]
            if not sleeper.done():
                sleeper.set_result(None)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        sleeper = asyncio.get_running_loop().create_future()
        self._sequence += 1
        heapq.heappush(self._sleepers, (self._now + seconds, self._sequence, sleeper))
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
        await sleeper

    async def until_asleep(self, count: int = 1) -> None:
        """Wait, in real time, until so many sleep; then a test can move on."""
        while len(self._sleepers) < count:
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival


def client_seconds(clock: Clock, seconds: float) -> int:
    """A wait of sandbox seconds as the client has to count it: whole, rounded up."""
    return math.ceil(round(seconds / clock.scale, 6))


def http_date(clock: Clock, seconds: float) -> str:
    """The HTTP date by the client's clock that lies so many sandbox seconds ahead, rounded up."""
    moment = math.ceil(clock.wall() + seconds / clock.scale)
    return format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)


def offset_time(moment: float) -> str:
    """ISO 8601 with the account's offset: `2020-05-24T05:16:42-05:00`."""
    return datetime.fromtimestamp(moment, ACCOUNT_ZONE).isoformat(timespec="seconds")


def plain_time(moment: float, zone: timezone = ACCOUNT_ZONE) -> str:
    """`2020-05-24 05:16:42`, as the `..._timestamp` keys have it."""
    return datetime.fromtimestamp(moment, zone).strftime("%Y-%m-%d %H:%M:%S")


def account_date(moment: float) -> str:
    """The day in the account's time zone: `2021-06-01`."""
    return datetime.fromtimestamp(moment, ACCOUNT_ZONE).strftime("%Y-%m-%d")
