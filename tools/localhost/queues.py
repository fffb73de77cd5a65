"""The queue listener: version 5 of Azure's storage extension, in small."""

import asyncio
import base64
import binascii
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from tools.localhost.errors import InvocationError
from tools.localhost.hostjson import QueueOptions
from tools.localhost.messages import HeldMessage

log = logging.getLogger(__name__)

FIRST_NAP = 0.1
POISON = "-poison"
LONGEST_NAME = 63

type Run = Callable[[bytes, QueueMessage], Awaitable[bool]]


class QueueListener:
    """Receives from one queue, runs the function on each message, and settles it.

    The queue need not exist. `ready` returns when a worker stands by, without which nothing is received, and
    raises InvocationError where there will be none, which ends it all. `run` takes the decoded body and says
    whether the function went well. A message that failed `maxDequeueCount` times, or is not what
    `messageEncoding` says, goes to `poison`; where that is None it just stays hidden. `moved` is told the
    address of a poison queue that got a message.
    """

    def __init__(
        self,
        *,
        queue: QueueClient,
        poison: QueueClient | None,
        options: QueueOptions,
        invisibility: int,
        ready: Callable[[], Awaitable[None]],
        run: Run,
        moved: Callable[[str], None],
    ) -> None:
        self.url: str = queue.url
        self._queue = queue
        self._poison = poison
        self._options = options
        self._invisibility = invisibility
        self._ready = ready
        self._run = run
        self._moved = moved
        self._running: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the queue now: there is something in it."""
        self._awake.set()

    def stop(self) -> None:
        """Receive no more; `listen` returns when the messages in hand are settled."""
        self._stopping = True
        self._awake.set()

    async def listen(self) -> None:
        """Work through the queue until `stop`."""
        nap = FIRST_NAP
        while await self._goes_on():
            messages = await self._receive()
            for message in messages:
                self._take(message)
            if messages:
                nap = FIRST_NAP
                await self._room()
            else:
                await self._sleep(nap)
                nap = min(nap * 2 * random.uniform(0.8, 1.2), self._options.max_polling_interval)
        while self._running:
            await asyncio.wait(self._running)

    async def _goes_on(self) -> bool:
        """Waits for a worker; whether to receive again."""
        try:
            await self._ready()
        except InvocationError:
            return False
        return not self._stopping

    async def _receive(self) -> list[QueueMessage]:
        self._awake.clear()
        size = self._options.batch_size
        messages = self._queue.receive_messages(
            messages_per_page=size, max_messages=size, visibility_timeout=self._invisibility
        )
        try:
            return [message async for message in messages]
        except ResourceNotFoundError:
            return []
        except AzureError as error:
            log.warning("the queue %s cannot be read: %s", self._queue.queue_name, error)
            return []

    def _take(self, message: QueueMessage) -> None:
        task = asyncio.create_task(self._work(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _room(self) -> None:
        while len(self._running) > self._options.new_batch_threshold and not self._stopping:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._awake.wait()

    async def _work(self, message: QueueMessage) -> None:
        held = HeldMessage(self._queue, message, invisibility=self._invisibility)
        body = self._decode(held.content)
        if body is None or held.dequeue_count > self._options.max_dequeue_count:
            await self._condemn(held)
            return
        async with held.kept():
            ok = await self._run(body, message)
        if ok:
            await held.delete()
        elif held.dequeue_count >= self._options.max_dequeue_count:
            await self._condemn(held)
        else:
            await held.release(self._options.visibility_timeout)

    def _decode(self, content: str) -> bytes | None:
        if not self._options.base64:
            return content.encode()
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            return None

    async def _condemn(self, held: HeldMessage) -> None:
        if self._poison is None:
            return
        if await held.move(self._poison):
            log.warning("a message of %s was moved to %s", self._queue.queue_name, self._poison.queue_name)
            self._moved(self._poison.url)


def poison_name(queue: str) -> str | None:
    """The name of a queue's poison queue; None where it has none, being one itself or too long a name."""
    name = queue + POISON
    return None if queue.endswith(POISON) or len(name) > LONGEST_NAME else name
