"""A sandbox with one list, and a deployment connected to it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import pytest

from tests.integration.pipeline.crash import Exposed, expose
from tests.pipeline import QUICK, OpenPipeline, Pipeline
from tools.azurite import Azurite
from tools.sandbox import Sandbox
from tools.vault import Identity, Tenant, Vault


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(knobs=QUICK) as running:
        running.add_list("Newsletter")
        yield running


@pytest.fixture
async def open_pipeline(
    azurite: Azurite, tenant: Tenant, vault: Vault, identity: Identity, sandbox: Sandbox
) -> AsyncIterator[OpenPipeline]:
    """A function that makes a connected deployment with these settings."""
    async with AsyncExitStack() as stack:

        async def start(*, proxied: Mapping[str, str] | None = None, **settings: str) -> Pipeline:
            made = Pipeline(azurite, tenant, sandbox, proxied=proxied, **settings)
            running = await stack.enter_async_context(made)
            await running.connect()
            return running

        yield start


@pytest.fixture
async def pipeline(open_pipeline: OpenPipeline) -> Pipeline:
    """A deployment with quick settings."""
    return await open_pipeline()


@pytest.fixture
async def exposed(azurite: Azurite, open_pipeline: OpenPipeline) -> AsyncIterator[Exposed]:
    """A deployment behind proxies."""
    async with expose(azurite, open_pipeline) as made:
        yield made
