"""The delivery loop of one slice: a few posts in flight, confirming beside them, until it is time to stop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.runs.confirming import Confirmer
from shared.runs.deliveries import Deliveries
from shared.runs.posting import Poster
from shared.runs.signals import ENDS_SLICE, Signals, Stop, Stopped

IN_FLIGHT = 3
"""Posts at a time, and so the most that a crash can send twice."""
_LOOK = 0.2
"""Seconds between looks for something to do."""


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One slice of delivering and confirming."""

    poster: Poster
    confirmer: Confirmer
    deliveries: Deliveries
    signals: Signals
    beat: Callable[[], Awaitable[bool]]
    """Is called often; notes progress, and gives True where the run is asked to stop."""
    deadline: float
    """When the slice has worked long enough, in epoch seconds."""
    _posting: int = 0

    async def run(self) -> Stop:
        """Works until there is nothing to do or a reason to stop; raises what ends the run."""
        tasks = [asyncio.create_task(self._post()) for _ in range(IN_FLIGHT)]
        tasks.append(asyncio.create_task(self._confirm()))
        try:
            stop = await self._watch(tasks)
        finally:
            self.signals.end(Stop(why="deadline"))
            await self._settle(tasks)
        await self.confirmer.flush()
        return stop

    async def _watch(self, tasks: list[asyncio.Task[None]]) -> Stop:
        pending = set(tasks)
        while pending:
            done, pending = await asyncio.wait(pending, timeout=_LOOK, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                await self._result(task)
            if await self.beat():
                self.signals.end(Stop(why="asked"))
            if self.signals.now() >= self.deadline:
                self.signals.end(Stop(why="deadline", wake_at=self.signals.now()))
            if self.signals.stop:
                return self.signals.stop
        return self._rest()

    def _rest(self) -> Stop:
        """Why the tasks ended by themselves: all is done, or the next outcome is not due for long."""
        due = self.confirmer.next_due()
        return Stop(why="done") if due is None else Stop(why="waiting", wake_at=due)

    async def _settle(self, tasks: list[asyncio.Task[None]]) -> None:
        """Lets requests that are under way end, and whoever waits for a turn go."""
        for task in tasks:
            if not self.signals.is_requesting(task):
                task.cancel()
        for task in tasks:
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await task

    async def _result(self, task: asyncio.Task[None]) -> None:
        with contextlib.suppress(Stopped):
            await task

    async def _post(self) -> None:
        while not self.signals.stop and not self._idle():
            part = self.deliveries.take()
            if part is None:
                await asyncio.sleep(_LOOK)
                continue
            self._posting += 1
            try:
                await self.poster.post(part)
            except (Stopped, asyncio.CancelledError):
                self.deliveries.give_back(part)
                raise
            finally:
                self._posting -= 1
                self.signals.returned()

    async def _confirm(self) -> None:
        while not self.signals.stop and not self._idle():
            due = self.confirmer.next_due()
            if due is None or due > self.signals.now():
                await self.confirmer.flush()
                await asyncio.sleep(_LOOK)
                continue
            try:
                await self.confirmer.ask()
            finally:
                self.signals.returned()

    def _idle(self) -> bool:
        """Whether nothing is left to do but to wait longer than a slice should."""
        if self.deliveries.sendable or self._posting:
            return False
        due = self.confirmer.next_due()
        return due is None or due - self.signals.now() > ENDS_SLICE
