"""One deployment: Azurite, Key Vault, managed identity and the host with the real functions."""

import asyncio
import os
import secrets
import signal
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from tools import local
from tools.azurite import Azurite
from tools.deployment.api import Api
from tools.localhost.admin import WAIT_HEADER
from tools.localhost.host import GRACE_SECONDS, Host
from tools.vault import Tenant

_NEVER = "0 0 0 1 1 *"
"""A timer that tests fire by hand."""
_PATIENCE = aiohttp.ClientTimeout(total=60)


class Deployment:
    """Everything but ActiveCampaign, in a temporary folder and on free ports, while the block lasts.

    `settings` overrides what the app is told. `azurite` and `tenant` may be shared with others; containers
    and queues have names of their own. `grace` is how many seconds functions may go on running at the end.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        azurite: Azurite | None = None,
        tenant: Tenant | None = None,
        instances: int = 1,
        invisibility: int = 600,
        grace: float = GRACE_SECONDS,
        announce: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._given = dict(settings or {})
        self._azurite = azurite
        self._tenant = tenant
        self._instances = instances
        self._invisibility = invisibility
        self._grace = grace
        self._announce = announce
        self._stack = AsyncExitStack()
        self.name = f"d{secrets.token_hex(5)}"
        self.azurite: Azurite
        self.tenant: Tenant
        self.host: Host
        self.api: Api
        self.segments: ContainerClient
        self.state: ContainerClient
        self.jobs: QueueClient
        self._session: aiohttp.ClientSession
        self._scratch: Path

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="segment-export-")))
            self._scratch = folder / "tmp"
            self._scratch.mkdir()
            await self._start_storage(stack, folder)
            await self._start_tenant(stack, folder)
            self.host = await stack.enter_async_context(self._host())
            self._session = await stack.enter_async_context(aiohttp.ClientSession(timeout=_PATIENCE))
            self.api = self.api_with(self.host.keys.master)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def settings(self) -> dict[str, str]:
        """What the app is told, by the names an operator sets."""
        return {
            "AzureWebJobsStorage": self.azurite.connection_string,
            "SegmentStorage": self.azurite.connection_string,
            "SEGMENTS_CONTAINER": f"{self.name}-segments",
            "StateStorage": self.azurite.connection_string,
            "STATE_CONTAINER": f"{self.name}-state",
            "JOBS_QUEUE": f"{self.name}-jobs",
            "TICK": _NEVER,
            "AUTHENTICATION": "function_key",
            "ALLOW_LOOPBACK_HTTP": "true",
            "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.500",
            # What a killed worker leaves behind goes with the folder.
            "TMPDIR": str(self._scratch),
            **self.tenant.environment(),
            **self._given,
        }

    async def connect(self, url: str, api_key: str, connection: str = "main") -> None:
        """A connection to an ActiveCampaign, its key stored by the app in the vault."""
        await self.api.post(
            "connections",
            {
                "id": connection,
                "display_name": f"ActiveCampaign ({connection})",
                "api_url": url,
                "api_key": api_key,
                "consent": {"accepted": True, "accepted_by": "operator", "text_version": "1"},
            },
        )

    def api_with(self, key: str | None, headers: Mapping[str, str] | None = None) -> Api:
        """The API as somebody with this function key, or none, and these headers sees it."""
        return Api(self._session, self.host.url, key, headers or {})

    async def fire_timer(self) -> None:
        """Has the timer do its work now; returns when it is done. Raises RuntimeError where it failed."""
        url = f"{self.host.url}/admin/functions/tick"
        headers = {"x-functions-key": self.host.keys.master, WAIT_HEADER: "yes"}
        async with self._session.post(url, headers=headers) as answer:
            ended = await answer.json()
        if not ended["ok"]:
            raise RuntimeError(f"the timer failed: {ended['error']}")

    async def kill_workers(self) -> None:
        """Ends every worker process at once, in the middle of what it does; the host starts new ones.

        Returns when the host has noticed.
        """
        killed = self.host.worker_pids
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        await self.host.wait_for(lambda host: not set(killed) & set(host.worker_pids))

    async def _start_storage(self, stack: AsyncExitStack, folder: Path) -> None:
        if self._azurite is None:
            self._azurite = Azurite(location=folder / "azurite")
            stack.push_async_callback(asyncio.to_thread, self._azurite.stop)
            await _to_its_end(asyncio.to_thread(self._azurite.start))
        self.azurite = self._azurite
        blobs = await stack.enter_async_context(
            BlobServiceClient.from_connection_string(self.azurite.connection_string, use_env_settings=False)
        )
        self.segments = blobs.get_container_client(f"{self.name}-segments")
        self.state = blobs.get_container_client(f"{self.name}-state")
        await self.segments.create_container()
        await self.state.create_container()
        queues = await stack.enter_async_context(
            QueueServiceClient.from_connection_string(self.azurite.connection_string)
        )
        self.jobs = queues.get_queue_client(
            f"{self.name}-jobs", message_encode_policy=TextBase64EncodePolicy()
        )
        await self.jobs.create_queue()

    async def _start_tenant(self, stack: AsyncExitStack, folder: Path) -> None:
        if self._tenant is None:
            (folder / "tenant").mkdir()
            tenant = Tenant(folder / "tenant")
            self._tenant = await _to_its_end(asyncio.to_thread(stack.enter_context, tenant))
        self.tenant = self._tenant
        self.tenant.vault.secrets.set("segment-export-ledger", secrets.token_urlsafe(32))

    def _host(self) -> Host:
        return Host(
            local.ROOT,
            self.settings(),
            instances=self._instances,
            invisibility=self._invisibility,
            grace=self._grace,
            announce=self._announce,
        )


async def _to_its_end[T](work: Awaitable[T]) -> T:
    """What a thread gives. A thread cannot be canceled: what it starts must be there before it is stopped."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
