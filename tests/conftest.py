"""Servers that tests share, and the fence around them.

The servers are started once a session and run apart from the tests' event loops: Azurite in a process, the
vault and the identity in threads. Tests that stop Azurite start one of their own.
"""

import ipaddress
import sys
from collections.abc import Iterator

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.infra.left_out import pytest_terminal_summary  # noqa: F401  # pytest looks for it here
from tools.azurite import Azurite
from tools.vault import Identity, Tenant, Vault

_TOGETHER = ("tests/e2e/", "tests/contract/", "tests/infra/")
"""Folders whose tests share what takes long to start: a deployment, or the Bicep compiler."""
_NOBODY = "http://127.0.0.1:9"
"""An address of this machine where nothing listens (the port of the discard protocol)."""


def _stay_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or not isinstance(address := arguments[1], tuple):
        return
    host = str(address[0])
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise PermissionError(f"a test would have connected to {host}; tests talk to this machine only")


sys.addaudithook(_stay_on_this_machine)


class _Scheduling(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """A worker takes a file at a time, or a whole folder of those above."""

    def _split_scope(self, nodeid: str) -> str:
        whole = (folder for folder in _TOGETHER if nodeid.startswith(folder))
        return next(whole, None) or super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    """Hands out the tests."""
    return _Scheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Has pytest-xdist keep the order of files; it would begin with those that have the most tests."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, or it would go on when all others are done."""
    longest = (*_TOGETHER, "tests/demo/")
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in longest])


@pytest.fixture(autouse=True)
def _no_real_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without these, azure-identity asks 169.254.169.254 for a token, in child processes too.
    monkeypatch.setenv("IDENTITY_ENDPOINT", _NOBODY)
    monkeypatch.setenv("IDENTITY_HEADER", "nobody")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", _NOBODY)


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """Azurite over http, in memory. Shared: take container and queue names of your own."""
    with Azurite() as running:
        yield running


@pytest.fixture(scope="session")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    """A Key Vault over TLS and a managed identity."""
    with Tenant(tmp_path_factory.mktemp("tenant")) as running:
        yield running


@pytest.fixture
def vault(tenant: Tenant) -> Iterator[Vault]:
    """The tenant's vault, for one test: empty before it and after."""
    tenant.vault.reset()
    yield tenant.vault
    tenant.vault.reset()


@pytest.fixture
def identity(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Iterator[Identity]:
    """The tenant's identity, for one test, which azure-identity finds in the environment."""
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, tenant.environment()[name])
    tenant.identity.reset()
    yield tenant.identity
    tenant.identity.reset()
