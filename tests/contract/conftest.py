"""One idle deployment that the tests here share; each makes documents of its own."""

from collections.abc import Iterator

import pytest

from tests.contract.server import EXPORT, IDLE, Server, serving
from tools.azurite import Azurite


@pytest.fixture(scope="package")
def server(azurite: Azurite) -> Iterator[Server]:
    """With an export `vip`; runs are started, and nobody works on them."""
    with serving(azurite, IDLE) as running:
        made = running.send("POST", "exports", EXPORT | {"id": "vip", "schedule": "off"})
        assert made.status == 201, made.content
        yield running
