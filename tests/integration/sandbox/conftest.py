"""Opens and closes sandboxes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession

from tests.integration.sandbox.api import Api
from tools.sandbox import LIFTED, ManualClock, Sandbox

type Open = Callable[..., Awaitable[Api]]


@pytest.fixture
async def open_api() -> AsyncIterator[Open]:
    """A function that starts a sandbox with two lists; knobs are lifted unless told otherwise."""
    async with AsyncExitStack() as stack:

        async def start(*, lifted: bool = True, **knobs: object) -> Api:
            clock = ManualClock()
            sandbox = Sandbox(knobs={**(LIFTED if lifted else {}), **knobs}, clock=clock)
            session = ClientSession()
            await stack.enter_async_context(sandbox)
            await stack.enter_async_context(session)
            sandbox.add_list("Newsletter")
            sandbox.add_list("Spring / Été")
            return Api(sandbox=sandbox, clock=clock, session=session)

        yield start


@pytest.fixture
async def api(open_api: Open) -> Api:
    """A sandbox with two lists and every limit lifted."""
    return await open_api()
