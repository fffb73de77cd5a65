"""The storage side of a test: settings for the toy app with names of its own, and a look at what it wrote."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient, QueueServiceClient

APP = Path(__file__).parent / "app"
POLL_SECONDS = 0.05


class Store:
    """Queues and blobs of one test in Azurite."""

    def __init__(self, connection_string: str, tls: dict[str, Any]) -> None:
        mark = uuid4().hex[:12]
        self.settings = {
            "STORE": connection_string,
            "BLOBS": connection_string,
            "AzureWebJobsStorage": connection_string,
            "AzureFunctionsWebHost__hostid": mark,
            "CONTAINER": f"toy-{mark}",
            "WORDS_QUEUE": f"words-{mark}",
            "FAULTY_QUEUE": f"faulty-{mark}",
            "SLOW_QUEUE": f"slow-{mark}",
            "OUTPUT_QUEUE": f"output-{mark}",
            "TICK": "0 0 0 1 1 *",
        }
        self._queues = QueueServiceClient.from_connection_string(connection_string, **tls)
        self._blobs = BlobServiceClient.from_connection_string(connection_string, **tls)

    async def close(self) -> None:
        await self._queues.close()
        await self._blobs.close()

    def queue(self, setting: str, suffix: str = "") -> QueueClient:
        return self._queues.get_queue_client(self.settings[setting] + suffix)

    async def send(self, setting: str, *bodies: str) -> None:
        await self.send_as_is(setting, *(base64.b64encode(body.encode()).decode() for body in bodies))

    async def send_as_is(self, setting: str, *contents: str) -> None:
        queue = self.queue(setting)
        try:
            await queue.create_queue()
        finally:
            for content in contents:
                await queue.send_message(content)

    async def received(self, setting: str, suffix: str = "") -> list[str]:
        """Take and decode all messages of the queue."""
        messages = self.queue(setting, suffix).receive_messages(messages_per_page=32)
        return [base64.b64decode(message.content).decode() async for message in messages]

    async def count(self, setting: str, suffix: str = "") -> int:
        """How many messages the queue has, hidden ones too."""
        try:
            return (await self.queue(setting, suffix).get_queue_properties()).approximate_message_count or 0
        except ResourceNotFoundError:
            return 0

    async def emptied(self, setting: str) -> None:
        """Wait until the queue has no message, hidden or not; one goes after its function has ended."""
        async with asyncio.timeout(10):
            while await self.count(setting):  # noqa: ASYNC110 - Azurite tells nobody
                await asyncio.sleep(POLL_SECONDS)

    async def blob(self, name: str) -> Any:
        """The JSON that the toy app wrote under the name."""
        blob = self._blobs.get_blob_client(self.settings["CONTAINER"], name)
        return json.loads(await (await blob.download_blob()).readall())

    async def timer_status(self, *, other_than: dict[str, str] | None = None) -> dict[str, str]:
        """What the host notes of the timer function `tick`, once it has."""
        async with asyncio.timeout(10):
            while (status := await self._timer_status()) in (None, other_than):  # noqa: ASYNC110
                await asyncio.sleep(POLL_SECONDS)
        assert status is not None
        return status

    async def set_timer_back(self, back: timedelta) -> None:
        """Have the host believe, at its next start, that it reckoned the schedule so much earlier."""
        status = await self.timer_status()
        earlier = datetime.fromisoformat(status["LastUpdated"]) - back
        await self._status.upload_blob(
            json.dumps(status | {"LastUpdated": earlier.isoformat()}), overwrite=True
        )

    async def _timer_status(self) -> dict[str, str] | None:
        try:
            status: dict[str, str] = json.loads(await (await self._status.download_blob()).readall())
        except ResourceNotFoundError:
            return None
        return status

    @property
    def _status(self) -> Any:
        path = f"timers/{self.settings['AzureFunctionsWebHost__hostid']}/Host.Functions.tick/status"
        return self._blobs.get_blob_client("azure-webjobs-hosts", path)


@asynccontextmanager
async def opened(connection_string: str, **tls: Any) -> AsyncIterator[Store]:
    """A store, closed at the end."""
    store = Store(connection_string, tls)
    try:
        yield store
    finally:
        await store.close()
