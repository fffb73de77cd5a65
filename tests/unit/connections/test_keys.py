import logging
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceRequestError
from azure.keyvault.secrets import KeyVaultSecret, SecretProperties
from azure.keyvault.secrets.aio import SecretClient

from shared.connections.connection import Connection, ConnectionInput
from shared.connections.keys import TYPED_FOR, ConnectionKeys
from shared.errors import ConfigurationError, InvalidInput, StateUnavailable
from shared.keyvault import Vault
from shared.state.blobs import Stored
from shared.state.documents import Documents
from tests.unit.connections.documents import connection


def refused(status: int) -> HttpResponseError:
    error = HttpResponseError("refused")
    error.status_code = status
    return error


@dataclass
class Secrets:
    """A vault's secrets; `fails` is what every write raises."""

    held: dict[str, KeyVaultSecret] = field(default_factory=dict)
    fails: Exception | None = None
    reads: int = 0

    def put(self, name: str, value: str, **tags: str) -> None:
        properties = SecretProperties(vault_id=f"https://vault.example/secrets/{name}/1")
        properties._tags = tags
        self.held[name] = KeyVaultSecret(properties, value)

    async def set_secret(self, name: str, value: str, *, tags: dict[str, str]) -> KeyVaultSecret:
        if self.fails:
            raise self.fails
        self.put(name, value, **tags)
        return self.held[name]

    async def get_secret(self, name: str, version: str | None) -> KeyVaultSecret:
        self.reads += 1
        if name not in self.held:
            raise ResourceNotFoundError("gone")
        return self.held[name]

    async def delete_secret(self, name: str) -> None:
        if self.fails:
            raise self.fails
        if self.held.pop(name, None) is None:
            raise ResourceNotFoundError("gone")


@dataclass
class OneDocument:
    """A store that holds one connection, or none. Keys only read connections, so a write is a fault."""

    stored: Connection | None

    async def read(self, name: str) -> Stored | None:
        return Stored(data=self.stored.model_dump_json().encode(), etag="1") if self.stored else None

    async def create(self, name: str, data: bytes) -> str:
        raise AssertionError("keys never write a connection")

    async def replace(self, name: str, data: bytes, *, etag: str, lease: str | None = None) -> str:
        raise AssertionError("keys never write a connection")

    async def put(self, name: str, data: bytes) -> str:
        raise AssertionError("keys never write a connection")

    async def delete(self, name: str, *, etag: str | None = None) -> None:
        raise AssertionError("keys never write a connection")


def keys(secrets: Secrets, stored: Connection | None = None) -> ConnectionKeys:
    documents = Documents(OneDocument(stored), Connection, lambda name: name)
    return ConnectionKeys(documents, Vault(cast(SecretClient, secrets)), "activecampaign-")


def wanted(**key: Any) -> ConnectionInput:
    return ConnectionInput.model_validate(
        {
            "display_name": "Main",
            "api_url": "https://acme.api-us1.com",
            "consent": {"accepted": True, "accepted_by": "Ann", "text_version": "1"},
            **key,
        }
    )


async def test_each_typed_key_gets_a_name_that_never_was() -> None:
    secrets = Secrets()

    names = [await keys(secrets).secret_of(wanted(api_key="k3y"), "main") for _ in range(3)]

    assert len(set(names)) == 3
    assert all(name.startswith("activecampaign-main-") for name in names)
    assert all(secrets.held[name].properties.tags == {TYPED_FOR: "main"} for name in names)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_vault_that_may_not_be_written_is_the_callers_to_know(status: int) -> None:
    with pytest.raises(InvalidInput, match="may not write secrets") as caught:
        await keys(Secrets(fails=refused(status))).secret_of(wanted(api_key="k3y"), "main")

    assert caught.value.pointer == "/api_key"


@pytest.mark.parametrize("failure", [refused(500), ServiceRequestError("no route")])
async def test_a_vault_that_does_not_answer_is_nobodys_fault(failure: Exception) -> None:
    with pytest.raises(StateUnavailable):
        await keys(Secrets(fails=failure)).secret_of(wanted(api_key="k3y"), "main")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("segment-export-ledger", "k3y", "begin with"),
        ("activecampaign-nowhere", None, "create it"),
        ("activecampaign-empty", " ", "holds no API key"),
        ("activecampaign-lines", "two\nlines", "holds no API key"),
        ("activecampaign-umlaut", "schlüssel", "holds no API key"),
    ],
)
async def test_a_named_secret_must_be_ours_to_use_and_hold_a_key(
    name: str, value: str | None, words: str
) -> None:
    secrets = Secrets()
    if value is not None:
        secrets.put(name, value)

    with pytest.raises(InvalidInput, match=words) as caught:
        await keys(secrets).secret_of(wanted(api_key_secret=name), "main")

    assert caught.value.pointer == "/api_key_secret"


async def test_a_line_break_behind_a_stored_key_is_no_part_of_it() -> None:
    secrets = Secrets()
    secrets.put(connection().api_key_secret, "k3y\n")

    assert await keys(secrets).key(connection()) == "k3y"


async def test_a_key_is_read_once_until_it_is_refused() -> None:
    secrets = Secrets()
    secrets.put(connection().api_key_secret, "k3y")
    found = keys(secrets, connection())

    await found.key(connection())
    await found.key(connection())
    once = secrets.reads
    await found.key(connection(), fresh=True)

    assert (once, secrets.reads) == (1, 2)


@pytest.mark.parametrize("fresh", [False, True])
async def test_a_key_that_was_replaced_meanwhile_is_found(fresh: bool) -> None:
    secrets = Secrets()
    secrets.put("activecampaign-next", "next")
    rotated = connection(api_key_secret="activecampaign-next")

    assert await keys(secrets, rotated).key(connection(), fresh=fresh) == "next"


@pytest.mark.parametrize("stored", [None, connection(api_url="https://evil.example", api_key_secret="other")])
async def test_no_key_of_another_host_is_given_out(stored: Connection | None) -> None:
    secrets = Secrets()
    secrets.put("other", "key of the other host")

    with pytest.raises(ConfigurationError, match=connection().api_key_secret):
        await keys(secrets, stored).key(connection())


async def test_only_a_secret_that_was_made_here_is_dropped() -> None:
    secrets = Secrets()
    secrets.put("ours", "k3y", **{TYPED_FOR: "main"})
    secrets.put("theirs", "k3y", owner="somebody")

    for name in ("ours", "theirs", "gone"):
        await keys(secrets).drop(name)

    assert secrets.held.keys() == {"theirs"}


async def test_a_secret_that_cannot_be_dropped_is_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    secrets = Secrets(fails=refused(403))
    secrets.put("ours", "k3y", **{TYPED_FOR: "main"})

    await keys(secrets).drop("ours")

    assert "the secret ours is not used any more" in caplog.text
    assert "k3y" not in caplog.text
