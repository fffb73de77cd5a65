"""The toy app's storage, and HTTP clients."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.localhost.store import Store, opened
from tools.azurite import Azurite


@pytest.fixture
async def store(azurite: Azurite) -> AsyncIterator[Store]:
    async with opened(azurite.connection_string) as store:
        yield store
