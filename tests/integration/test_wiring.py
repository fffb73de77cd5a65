"""The services of a process: made once, and closed again where they cannot be had."""

import asyncio
import gc
import secrets

import pytest

from shared.errors import ConfigurationError
from shared.once import Once
from shared.wiring import open_services
from tools.azurite import Azurite
from tools.vault import Tenant


@pytest.fixture
def environment(azurite: Azurite, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of an app whose containers are not there yet."""
    name = f"t{secrets.token_hex(6)}"
    settings = {
        "SegmentStorage": azurite.connection_string,
        "StateStorage": azurite.connection_string,
        "STATE_CONTAINER": f"{name}-state",
        "AUDIT_CONTAINER": f"{name}-audit",
        "JOBS_QUEUE": f"{name}-jobs",
        "KEY_VAULT_URI": tenant.environment()["KEY_VAULT_URI"],
    }
    for setting, text in settings.items():
        monkeypatch.setenv(setting, text)
    return settings


async def test_first_requests_that_come_at_once_share_one_set_of_clients(environment: dict[str, str]) -> None:
    services = Once(open_services)

    found = await asyncio.gather(*(services.get() for _ in range(8)))

    assert len({id(each.clients) for each in found}) == 1
    assert await found[0].runs.store.read("nothing") is None
    await found[0].clients.close()


async def test_clients_of_services_that_cannot_be_had_are_closed_and_the_next_request_makes_them(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services = Once(open_services)
    stored = environment["StateStorage"]
    key = stored.partition("AccountKey=")[2].partition(";")[0]
    monkeypatch.setenv("StateStorage", stored.replace(key, "d3Jvbmc="))

    refused = await asyncio.gather(services.get(), services.get(), return_exceptions=True)
    monkeypatch.setenv("StateStorage", stored)
    made = await services.get()

    assert [type(error) for error in refused] == [ConfigurationError, ConfigurationError]
    assert await made.runs.store.read("nothing") is None
    await made.clients.close()
    # A session that was left open complains when it is collected, and complaints fail the test.
    gc.collect()
