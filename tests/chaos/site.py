"""A deployment to be mistreated: its storage behind proxies, its host replaceable."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.e2e.scene import App
from tools import local
from tools.azurite import Azurite
from tools.deployment import Deployment
from tools.localhost.host import Host
from tools.proxy import Proxy

SHORT = {
    "LEASE_SECONDS": "15",
    "WAKE_SECONDS": "1",
    "SLICE_SECONDS": "5",
    "STALL_SECONDS": "20",
    "CONFIRM_AFTER_SECONDS": "0.5",
    "CONFIRM_MINUTES": "0.3",
    "TICK": "*/5 * * * * *",
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01",
}
"""The shortest times that the app takes, and its timer every five seconds. The pace stays the real one."""
TOGETHER = {
    "AzureFunctionsJobHost__extensions__queues__batchSize": "8",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "8",
}
"""Several slices in one process, so that many scenarios go on at once on few processes."""
INVISIBILITY = 20
"""Seconds after which a message comes back whose host is gone."""


@dataclass(slots=True, kw_only=True)
class Site:
    """The deployment, and what is done to it as a whole."""

    app: App
    queues: Proxy
    azurite: Azurite
    instances: int
    hosts: AsyncExitStack
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """All segments share one model.json."""

    async def kill_one(self, random: Random) -> None:
        """SIGKILL for one worker process, whatever it does, once it has lived long enough.

        The host takes one that ends again and again right after its start for one that cannot start.
        """
        while not (settled := self.app.deployment.host.settled_pids):  # noqa: ASYNC110 - age tells nobody
            await asyncio.sleep(0.05)
        os.kill(random.choice(settled), signal.SIGKILL)

    async def redeploy(self) -> None:
        """Host and workers stop at once, in the middle of what they do, and others start."""
        deployment = self.app.deployment
        await deployment.host.__aexit__(None, None, None)
        host = Host(
            local.ROOT,
            deployment.settings(),
            instances=self.instances,
            invisibility=INVISIBILITY,
            grace=0,
            announce=lambda line: None,
        )
        deployment.host = await self.hosts.enter_async_context(host)
        deployment.api = deployment.api_with(host.keys.master)

    async def stop_storage(self, seconds: float) -> None:
        """Azurite stops and is started again."""
        await asyncio.to_thread(self.azurite.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.azurite.start)

    async def refuse_storage(self, seconds: float, status: int = 503) -> None:
        """Every request to our storage gets this status."""
        for proxy in (self.app.storage, self.queues):
            proxy.shut(status)
        await asyncio.sleep(seconds)
        for proxy in (self.app.storage, self.queues):
            proxy.reopen()

    def scratch(self) -> list[str]:
        """What the app left in the workers' temporary folder."""
        folder = Path(self.app.deployment.settings()["TMPDIR"])
        return sorted(path.name for path in folder.glob("segment-export-*"))


@asynccontextmanager
async def open_site(
    settings: Mapping[str, str], *, instances: int, folder: Path, proxied: bool = True
) -> AsyncIterator[Site]:
    """A fresh deployment with an Azurite of its own; its data lies in the folder."""
    async with AsyncExitStack() as stack:
        azurite = Azurite(location=folder / "azurite")
        stack.push_async_callback(asyncio.to_thread, azurite.stop)
        await asyncio.to_thread(azurite.start)
        blobs = await stack.enter_async_context(Proxy(azurite.blob_url))
        queues = await stack.enter_async_context(Proxy(azurite.queue_url))
        state = azurite.connection_string
        through = state.replace(azurite.blob_url, blobs.url).replace(azurite.queue_url, queues.url)
        deployment = Deployment(
            {**SHORT, **settings, "StateStorage": through if proxied else state},
            azurite=azurite,
            instances=instances,
            invisibility=INVISIBILITY,
            grace=0,
        )
        await stack.enter_async_context(deployment)
        hosts = await stack.enter_async_context(AsyncExitStack())
        app = App(deployment=deployment, storage=blobs, log=folder / "log")
        yield Site(app=app, queues=queues, azurite=azurite, instances=instances, hosts=hosts)
