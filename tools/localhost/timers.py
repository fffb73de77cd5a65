"""The timer listener: fires one function by its schedule, never twice at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

from azure.core.exceptions import AzureError

from tools.localhost.invocations import Result
from tools.localhost.ncrontab import Schedule
from tools.localhost.schedules import NEVER, ScheduleMonitor, ScheduleStatus
from tools.localhost.triggers import TriggerInput, timer_input

log = logging.getLogger(__name__)

# Wall clocks are set, computers sleep: look again at least this often.
LONGEST_SLEEP = 30.0

type Run = Callable[[TriggerInput], Awaitable[Result]]


class TimerListener:
    """Fires the function when its schedule says so; `monitor` is None where the past does not matter."""

    def __init__(
        self,
        *,
        schedule: Schedule,
        monitor: ScheduleMonitor | None,
        at_start: bool,
        run: Run,
    ) -> None:
        self._schedule = schedule
        self._monitor = monitor
        self._at_start = at_start
        self._run = run
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Fire no more; `listen` returns when the run under way has ended."""
        self._stopping.set()

    async def listen(self) -> None:
        """Fire until `stop`."""
        status = await self._first_status(datetime.now(UTC))
        past_due = status.next <= datetime.now(UTC)
        if self._at_start and not past_due:
            status = await self._fire(status, past_due=False)
        while await self._due(status.next):
            status = await self._fire(status, past_due=past_due)
            past_due = False

    async def _first_status(self, now: datetime) -> ScheduleStatus:
        known = await self._read()
        base = now if known is None else known.updated
        # Reckoned anew rather than believed: the schedule may be another one since.
        status = ScheduleStatus(
            last=NEVER if known is None else known.last, next=self._schedule.next_after(base), updated=base
        )
        await self._write(status)
        return status

    async def _due(self, moment: datetime) -> bool:
        while not self._stopping.is_set():
            seconds = (moment - datetime.now(UTC)).total_seconds()
            if seconds <= 0:
                return True
            await self._sleep(min(seconds, LONGEST_SLEEP))
        return False

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _fire(self, status: ScheduleStatus, *, past_due: bool) -> ScheduleStatus:
        fired = datetime.now(UTC)
        known = None if self._monitor is None else status.as_json()
        await self._run(timer_input(past_due=past_due, status=known))
        # What fell due during a long run is left out, not made up for.
        ended = datetime.now(UTC)
        status = ScheduleStatus(last=fired, next=self._schedule.next_after(ended), updated=ended)
        await self._write(status)
        return status

    async def _read(self) -> ScheduleStatus | None:
        if self._monitor is None:
            return None
        try:
            return await self._monitor.read()
        except AzureError as error:
            log.warning("the status of a timer cannot be read: %s", error)
            return None

    async def _write(self, status: ScheduleStatus) -> None:
        if self._monitor is None:
            return
        try:
            await self._monitor.write(status)
        except AzureError as error:
            log.warning("the status of a timer cannot be written: %s", error)
