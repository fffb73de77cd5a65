"""One deployment with two instances that most tests here share; each takes names of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.scene import QUICK, App, recorded
from tools.azurite import Azurite
from tools.deployment import Deployment
from tools.proxy import Proxy

SHORT = {"SLICE_SECONDS": "2", "STALL_SECONDS": "5"}


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def app(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    """Slices of two seconds, no waiting anywhere."""
    log = tmp_path_factory.mktemp("app") / "log"
    async with Proxy(azurite.blob_url) as storage:
        state = azurite.connection_string.replace(azurite.blob_url, storage.url)
        settings = {**QUICK, **SHORT, "StateStorage": state}
        with recorded(log):
            async with Deployment(settings, azurite=azurite, instances=2) as deployment:
                yield App(deployment=deployment, storage=storage, log=log)
