"""A deployment behind proxies, and processes of it that die at a chosen request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tests.pipeline import OpenPipeline, Pipeline
from tools.azurite import Azurite
from tools.proxy import Fault, Proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """A deployment that reaches blobs, queues and the sandbox through proxies only."""

    pipeline: Pipeline
    blobs: Proxy
    queues: Proxy
    account: Proxy

    @property
    def proxies(self) -> tuple[Proxy, ...]:
        """All of them."""
        return self.blobs, self.queues, self.account

    async def drain_until(self, proxy: Proxy, fault: Fault) -> bool:
        """Works off the queue in a process that dies when the fault strikes, with nothing of it tidied up.

        Whether it struck; if so, its leases have run out and another process has taken its place.
        """
        working = asyncio.create_task(self.pipeline.drain())

        def die(_: Fault) -> None:
            for one in self.proxies:
                one.shut()
            working.cancel()

        proxy.on_fault = die
        proxy.faults.add(fault)
        await asyncio.wait([working])
        if not proxy.is_shut:
            await working
            return False
        await self._succeed(working)
        return True

    async def _succeed(self, dead: asyncio.Task[None]) -> None:
        # Whatever the dead process raised while it could reach nothing any more.
        await asyncio.gather(dead, return_exceptions=True)
        for one in self.proxies:
            one.faults.clear()
            one.reopen()
        await self.pipeline.expire_leases()
        self.pipeline.services = self.pipeline.new_process()


@asynccontextmanager
async def expose(azurite: Azurite, open_pipeline: OpenPipeline) -> AsyncIterator[Exposed]:
    """A deployment behind proxies, with a connection `exposed`."""
    async with AsyncExitStack() as stack:
        blobs = await stack.enter_async_context(Proxy(azurite.blob_url))
        queues = await stack.enter_async_context(Proxy(azurite.queue_url))
        pipeline = await open_pipeline(proxied={azurite.blob_url: blobs.url, azurite.queue_url: queues.url})
        account = await stack.enter_async_context(Proxy(pipeline.sandbox.url))
        await pipeline.connect("exposed", api_url=account.url)
        yield Exposed(pipeline=pipeline, blobs=blobs, queues=queues, account=account)
