"""The jobs queue."""

from datetime import datetime

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient

from shared.errors import StateUnavailable
from shared.runs.run import Job

LONGEST_DELAY = 7 * 24 * 3600 - 60
"""Seconds; Azure Queue Storage hides a message for at most seven days."""


class JobQueue:
    """Sends jobs; the client encodes as the Functions host expects (base64)."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    async def send(self, job: Job, *, delay: float = 0) -> None:
        """Queues a job that becomes visible after `delay` seconds. Raises StateUnavailable."""
        hidden = round(min(max(delay, 0), LONGEST_DELAY))
        try:
            await self._send(job, hidden)
        except AzureError as error:
            raise StateUnavailable("the jobs queue does not answer; it is tried again") from error

    async def front(self) -> datetime | None:
        """Since when the job that comes next has been in the queue; None where none waits to be taken.

        Raises StateUnavailable.
        """
        try:
            waiting = await self._client.peek_messages(max_messages=1)
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise StateUnavailable("the jobs queue does not answer; it is tried again") from error
        return waiting[0].inserted_on if waiting else None

    async def _send(self, job: Job, hidden: int) -> None:
        try:
            await self._client.send_message(job.model_dump_json(), visibility_timeout=hidden, time_to_live=-1)
        except ResourceNotFoundError:
            await self._client.create_queue()
            await self._client.send_message(job.model_dump_json(), visibility_timeout=hidden, time_to_live=-1)
