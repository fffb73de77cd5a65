"""A queue message in our hands: kept invisible while its function runs, then deleted, released or moved."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from tools.localhost.outputs import send

log = logging.getLogger(__name__)

# Somebody else has the message now, or it is gone: nothing is left to do (the Azure host ignores these too).
NOT_OURS = (400, 404, 409)


class HeldMessage:
    """One received message; `invisibility` is the time in seconds that each renewal hides it for."""

    def __init__(self, queue: QueueClient, message: QueueMessage, *, invisibility: int) -> None:
        self.content: str = message.content
        self.dequeue_count: int = message.dequeue_count or 0
        self.received = message
        self._queue = queue
        self._invisibility = invisibility
        self._receipt = message.pop_receipt

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep the message invisible to others for as long as the block runs, renewing at half time."""
        done = asyncio.Event()
        renewals = asyncio.create_task(self._renew(done))
        try:
            yield
        finally:
            # Not cancelled: a renewal under way changes the pop receipt, and deleting needs the new one.
            done.set()
            await renewals

    async def delete(self) -> None:
        """Delete it."""
        await self._settle(lambda: self._queue.delete_message(self.received.id, self._receipt))

    async def release(self, seconds: int) -> None:
        """Show it to receivers again after so many seconds."""
        await self._settle(lambda: self._hide(seconds))

    async def move(self, queue: QueueClient) -> bool:
        """Copy it to the other queue as it is and delete it here; False where that failed."""
        try:
            await send(queue, self.content)
        except AzureError as error:
            log.error("a message could not be moved to %s: %s", queue.queue_name, error)
            return False
        await self.delete()
        return True

    async def _renew(self, done: asyncio.Event) -> None:
        while not done.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._invisibility / 2):
                    await done.wait()
            if not done.is_set() and not await self._settle(lambda: self._hide(self._invisibility)):
                return

    async def _hide(self, seconds: int) -> None:
        updated = await self._queue.update_message(
            self.received.id, self._receipt, visibility_timeout=seconds
        )
        self._receipt = updated.pop_receipt

    async def _settle(self, request: Callable[[], Awaitable[None]]) -> bool:
        try:
            await request()
        except HttpResponseError as error:
            if error.status_code not in NOT_OURS:
                log.warning("a message of %s could not be settled: %s", self._queue.queue_name, error)
            return False
        except AzureError as error:
            log.warning("a message of %s could not be settled: %s", self._queue.queue_name, error)
            return False
        return True
