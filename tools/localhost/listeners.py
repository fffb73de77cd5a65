"""The queue and timer listeners of one host: made from the functions and the settings, started, stopped."""

import asyncio
import logging
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from azure.storage.queue import QueueMessage

from tools.localhost.connections import HOST_STORAGE, Connections
from tools.localhost.errors import HostError
from tools.localhost.functions import Function
from tools.localhost.hostjson import QueueOptions
from tools.localhost.instance import Instance
from tools.localhost.invocations import Invocations, Result
from tools.localhost.ncrontab import Schedule
from tools.localhost.queues import QueueListener, poison_name
from tools.localhost.schedules import ScheduleMonitor
from tools.localhost.settings import Settings
from tools.localhost.timers import TimerListener
from tools.localhost.triggers import TriggerInput, queue_input

log = logging.getLogger(__name__)


class Listeners:
    """Every instance listens to every queue, as when a platform scales out; timers fire on the first."""

    def __init__(
        self,
        *,
        settings: Settings,
        connections: Connections,
        invocations: Invocations,
        options: QueueOptions,
        invisibility: int,
        host_id: str,
    ) -> None:
        self._settings = settings
        self._connections = connections
        self._invocations = invocations
        self._options = options
        self._invisibility = invisibility
        self._host_id = host_id
        self._queues: list[QueueListener] = []
        self._timers: list[TimerListener] = []
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, function: Function, instances: Sequence[Instance]) -> None:
        """Listen for the function, unless it is disabled or HTTP; raises HostError for a bad setting."""
        if self._settings.is_disabled(function.name):
            return
        if function.trigger.type == "queueTrigger":
            self._queues += [self._queue_listener(function, instance) for instance in instances]
        if function.trigger.type == "timerTrigger":
            self._timers.append(self._timer_listener(function, instances[0]))

    def start(self) -> None:
        """Begin to listen."""
        self._tasks = [asyncio.create_task(listener.listen()) for listener in self._listeners]
        for task in self._tasks:
            task.add_done_callback(_report)

    def wake(self, url: str) -> None:
        """Have the listeners of the queue with this address look at it now."""
        for listener in self._queues:
            if listener.url == url:
                listener.wake()

    def stop(self) -> None:
        """Take on nothing more."""
        for listener in self._listeners:
            listener.stop()

    async def join(self) -> None:
        """Wait until all that was taken on is done with."""
        await asyncio.gather(*self._tasks)

    @property
    def _listeners(self) -> list[QueueListener | TimerListener]:
        return [*self._queues, *self._timers]

    def _queue_listener(self, function: Function, instance: Instance) -> QueueListener:
        trigger = function.trigger
        connection = trigger.text("connection") or HOST_STORAGE
        name = self._settings.resolve(trigger.text("queueName"), wanted_by=f"function {function.name}")
        poison = poison_name(name)

        async def run(body: bytes, message: QueueMessage) -> bool:
            result = await self._invocations.run(
                function, queue_input(body, message, binary=trigger.is_binary), instance
            )
            return result.ok

        return QueueListener(
            queue=self._connections.queue(connection, name),
            poison=None if poison is None else self._connections.queue(connection, poison),
            options=self._options,
            invisibility=self._invisibility,
            ready=instance.available,
            run=run,
            moved=self.wake,
        )

    def _timer_listener(self, function: Function, instance: Instance) -> TimerListener:
        trigger = function.trigger
        wanted_by = f"function {function.name}"
        expression = self._settings.resolve(trigger.text("schedule"), wanted_by=wanted_by)
        schedule = Schedule(expression, zone=self._zone(), wanted_by=wanted_by)
        monitored = trigger.flag("useMonitor", default=True) and not schedule.is_sub_minute()

        async def run(given: TriggerInput) -> Result:
            return await self._invocations.run(function, given, instance)

        return TimerListener(
            schedule=schedule,
            monitor=self._monitor(function) if monitored else None,
            at_start=trigger.flag("runOnStartup", default=False),
            run=run,
        )

    def _monitor(self, function: Function) -> ScheduleMonitor:
        blobs = self._connections.blobs(HOST_STORAGE)
        return ScheduleMonitor(blobs, host_id=self._host_id, function=function.name)

    def _zone(self) -> ZoneInfo:
        name = self._settings.get("WEBSITE_TIME_ZONE") or self._settings.get("TZ") or "UTC"
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise HostError(
                f"{name!r} in WEBSITE_TIME_ZONE or TZ is no time zone; write one like Europe/Berlin"
            ) from error


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.critical("a listener has ended", exc_info=task.exception())
