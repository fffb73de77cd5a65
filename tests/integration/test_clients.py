"""How long the app's clients wait for managed identity and vault."""

import time
from collections.abc import AsyncIterator, Callable

import pytest

from shared.clients import Clients, Patience
from shared.errors import StateUnavailable
from shared.keyvault import Vault as Secrets
from shared.settings import Settings
from tools.azurite import Azurite
from tools.vault import Identity, Tenant, Vault

type Open = Callable[[Patience], Secrets]


@pytest.fixture
async def secrets(azurite: Azurite, tenant: Tenant, vault: Vault, identity: Identity) -> AsyncIterator[Open]:
    """The app's secrets, as clients of this patience read them; there is one, `api-key`."""
    vault.secrets.set("api-key", "value")
    settings = Settings.from_env(
        {
            "SegmentStorage": azurite.connection_string,
            "StateStorage": azurite.connection_string,
            "KEY_VAULT_URI": tenant.vault_server.url,
        }
    )
    opened: list[Clients] = []

    def read_by(patience: Patience) -> Secrets:
        authority = str(tenant.certificates.authority)
        opened.append(Clients(settings, authorities=authority, patience=patience))
        return Secrets(opened[-1].secrets())

    yield read_by
    for clients in opened:
        await clients.close()


async def test_no_proxy_of_the_environment_is_asked(
    secrets: Open, azurite: Azurite, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    storage = {"SegmentStorage": azurite.connection_string, "StateStorage": azurite.connection_string}
    clients = Clients(Settings.from_env({**storage, "KEY_VAULT_URI": "https://vault.example"}))

    secret = await secrets(Patience(retries=0)).secret("api-key")
    found = await clients.state().exists()
    await clients.close()

    assert (secret.value, found) == ("value", False)
    assert len(identity.requests) == 1


async def test_an_identity_that_hangs_is_asked_again_soon(secrets: Open, identity: Identity) -> None:
    identity.faults.hang()
    began = time.monotonic()

    secret = await secrets(Patience(without_a_byte=0.2)).secret("api-key")

    assert secret.value == "value"
    assert len(identity.requests) == 1
    assert time.monotonic() - began < 5


async def test_an_identity_that_goes_on_hanging_is_given_up(secrets: Open, identity: Identity) -> None:
    identity.faults.hang(times=10)
    began = time.monotonic()

    with pytest.raises(StateUnavailable):
        await secrets(Patience(without_a_byte=0.2, retries=1)).secret("api-key")

    assert len(identity.faults) == 10 - 2 * 2
    assert time.monotonic() - began < 5


def test_nobody_is_waited_for_longer_than_a_slice_lasts() -> None:
    patience = Patience()
    asked = (patience.retries + 1) * (patience.retries_of_identity + 1)

    assert asked * patience.without_a_byte < 420
    for options in (patience.of_vault, patience.of_identity, patience.of_storage):
        assert patience.timeouts.items() <= options.items()
