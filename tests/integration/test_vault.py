"""The local vault and identity, against the real SDK clients."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.core.rest import AsyncHttpResponse
from azure.identity.aio import ManagedIdentityCredential
from azure.keyvault.secrets.aio import SecretClient

from tools.local import ROOT
from tools.vault import Identity, Tenant, Vault, tokens
from tools.vault.identity import TokenRequest

READ_IN_A_CHILD = """
import asyncio, os
from azure.identity.aio import ManagedIdentityCredential
from azure.keyvault.secrets.aio import SecretClient

async def main():
    async with ManagedIdentityCredential() as credential:
        async with SecretClient(os.environ["KEY_VAULT_URI"], credential) as client:
            print((await client.get_secret("api-key")).value)

asyncio.run(main())
"""


@pytest.fixture
async def credential(identity: Identity) -> AsyncIterator[ManagedIdentityCredential]:
    async with ManagedIdentityCredential() as credential:
        yield credential


@pytest.fixture
async def client(
    tenant: Tenant, vault: Vault, credential: ManagedIdentityCredential
) -> AsyncIterator[SecretClient]:
    authority = str(tenant.certificates.authority)
    async with SecretClient(tenant.vault_server.url, credential, connection_verify=authority) as client:
        yield client


async def test_a_secret_that_was_set_is_read_back_with_its_attributes(client: SecretClient) -> None:
    expires = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)

    await client.set_secret(
        "api-key", "s3cret", expires_on=expires, content_type="text/plain", tags={"a": "b"}
    )
    secret = await client.get_secret("API-key")

    assert secret.value == "s3cret"
    assert secret.properties.expires_on == expires
    assert secret.properties.content_type == "text/plain"
    assert secret.properties.tags == {"a": "b"}


async def test_a_newer_version_hides_the_older_one_and_leaves_it_readable(client: SecretClient) -> None:
    old = await client.set_secret("api-key", "old")
    await client.set_secret("api-key", "new")

    latest = await client.get_secret("api-key")
    first = await client.get_secret("api-key", old.properties.version)

    assert (latest.value, first.value) == ("new", "old")


async def test_lists_name_secrets_and_versions_without_their_values(
    client: SecretClient, vault: Vault
) -> None:
    first = await client.set_secret("api-key", "old")
    second = await client.set_secret("api-key", "new")
    await client.set_secret("other", "value")

    names = [item.name async for item in client.list_properties_of_secrets()]
    versions = [item.version async for item in client.list_properties_of_secret_versions("api-key")]

    assert names == ["api-key", "other"]
    assert versions == [first.properties.version, second.properties.version]
    assert not vault.reads


async def test_a_missing_secret_and_a_missing_version_are_not_found(client: SecretClient) -> None:
    await client.set_secret("api-key", "value")

    with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
        await client.get_secret("nothing")
    with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
        await client.get_secret("api-key", "0" * 32)


async def test_a_disabled_secret_is_forbidden_until_it_is_enabled_again(client: SecretClient) -> None:
    await client.set_secret("api-key", "value", enabled=False)

    with pytest.raises(HttpResponseError) as refused:
        await client.get_secret("api-key")
    await client.update_secret_properties("api-key", enabled=True)

    assert refused.value.status_code == 403
    assert (await client.get_secret("api-key")).value == "value"


async def test_an_expired_secret_is_still_given_out(client: SecretClient) -> None:
    await client.set_secret("api-key", "value", expires_on=datetime(2020, 1, 1, tzinfo=UTC))

    assert (await client.get_secret("api-key")).value == "value"


async def test_the_name_of_a_deleted_secret_stays_taken_until_it_is_purged(client: SecretClient) -> None:
    await client.set_secret("api-key", "old")
    await client.delete_secret("api-key")

    with pytest.raises(ResourceNotFoundError):
        await client.get_secret("api-key")
    with pytest.raises(ResourceExistsError, match="deleted but recoverable"):
        await client.set_secret("api-key", "new")
    await client.purge_deleted_secret("api-key")

    assert (await client.set_secret("api-key", "new")).value == "new"


async def test_a_deleted_secret_can_be_recovered(client: SecretClient) -> None:
    await client.set_secret("api-key", "value")
    deleted = await client.delete_secret("api-key")

    await client.recover_deleted_secret("api-key")

    assert deleted.deleted_date
    assert deleted.scheduled_purge_date
    assert (deleted.scheduled_purge_date - deleted.deleted_date).days == 7
    assert (await client.get_secret("api-key")).value == "value"


@pytest.mark.parametrize("name", ["under_score", "a" * 128])
async def test_a_name_that_key_vault_would_refuse_is_refused(client: SecretClient, name: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        await client.set_secret(name, "value")

    assert refused.value.status_code == 400


async def test_a_value_larger_than_key_vault_takes_is_refused(client: SecretClient) -> None:
    await client.set_secret("largest", "x" * 25_600)

    with pytest.raises(HttpResponseError) as refused:
        await client.set_secret("too-large", "x" * 25_601)

    assert refused.value.status_code == 400


@pytest.mark.parametrize("status", [429, 503])
async def test_the_client_waits_out_a_vault_that_asks_for_it(
    client: SecretClient, vault: Vault, status: int
) -> None:
    vault.secrets.set("api-key", "value")
    vault.faults.answer(status, retry_after=0)

    secret = await client.get_secret("api-key")

    assert secret.value == "value"
    assert len(vault.faults) == 0
    assert vault.reads == {"api-key": 1}


async def test_the_client_asks_again_when_the_vault_hangs_up(client: SecretClient, vault: Vault) -> None:
    vault.secrets.set("api-key", "value")
    vault.faults.hang_up()

    secret = await client.get_secret("api-key")

    assert secret.value == "value"
    assert len(vault.faults) == 0


async def test_retry_after_reaches_a_client_that_does_not_retry(
    tenant: Tenant, vault: Vault, credential: ManagedIdentityCredential
) -> None:
    vault.faults.answer(429, retry_after=17)
    authority = str(tenant.certificates.authority)

    async with SecretClient(
        tenant.vault_server.url, credential, connection_verify=authority, retry_total=0
    ) as client:
        with pytest.raises(HttpResponseError) as refused:
            await client.get_secret("api-key")

    response = refused.value.response
    assert isinstance(response, AsyncHttpResponse)
    assert response.headers["Retry-After"] == "17"


async def test_a_stopped_vault_is_unreachable_until_it_starts_at_the_same_address(
    tenant: Tenant, vault: Vault, credential: ManagedIdentityCredential
) -> None:
    vault.secrets.set("api-key", "value")
    authority = str(tenant.certificates.authority)
    url = tenant.vault_server.url

    async with SecretClient(url, credential, connection_verify=authority, retry_total=0) as client:
        tenant.vault_server.stop()
        try:
            with pytest.raises(AzureError):
                await client.get_secret("api-key")
        finally:
            tenant.vault_server.start()
        secret = await client.get_secret("api-key")

    assert tenant.vault_server.url == url
    assert secret.value == "value"


async def test_reads_are_counted_by_name(client: SecretClient, vault: Vault) -> None:
    vault.secrets.set("api-key", "value")
    vault.secrets.set("other", "value")

    for name in ("api-key", "other", "API-KEY"):
        await client.get_secret(name)

    assert vault.reads == {"api-key": 2, "other": 1}


async def test_the_identity_is_asked_once_for_the_resource_that_the_vault_names(
    client: SecretClient, tenant: Tenant, vault: Vault, identity: Identity
) -> None:
    vault.secrets.set("api-key", "value")
    port = tenant.vault_server.url.rpartition(":")[2]

    await client.get_secret("api-key")
    await client.get_secret("api-key")

    assert identity.requests == [TokenRequest(resource=f"https://0.0.1:{port}", client_id=None)]


async def test_the_identity_hears_which_client_id_is_meant(identity: Identity) -> None:
    async with ManagedIdentityCredential(client_id="11111111-2222-3333-4444-555555555555") as credential:
        await credential.get_token("https://storage.azure.com/.default")

    assert identity.requests == [
        TokenRequest(resource="https://storage.azure.com", client_id="11111111-2222-3333-4444-555555555555")
    ]


async def test_a_wrong_identity_header_gets_no_token(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "guessed")

    async with ManagedIdentityCredential() as credential:
        with pytest.raises(ClientAuthenticationError):
            await credential.get_token("https://storage.azure.com/.default")

    assert identity.requests == []


@pytest.mark.parametrize(
    ("audience", "issued_at", "status"),
    [
        ("https://0.0.1:{port}", 1_000_000_000, 401),
        ("https://vault.azure.net", None, 401),
        ("https://0.0.1:{port}", None, 200),
    ],
)
async def test_the_vault_takes_tokens_for_itself_only_and_while_they_last(
    tenant: Tenant, vault: Vault, audience: str, issued_at: int | None, status: int
) -> None:
    vault.secrets.set("api-key", "value")
    port = tenant.vault_server.url.rpartition(":")[2]
    since = issued_at or int(datetime.now(UTC).timestamp())
    token = tokens.write(audience=audience.format(port=port), client_id="me", issued_at=since, lifetime=3600)

    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{tenant.vault_server.url}/secrets/api-key/",
            headers={"Authorization": f"Bearer {token}"},
            ssl=False,
        ) as response,
    ):
        answered = response.status

    assert answered == status


async def test_a_child_process_needs_nothing_but_the_environment(tenant: Tenant, vault: Vault) -> None:
    vault.secrets.set("api-key", "s3cret")

    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        READ_IN_A_CHILD,
        env=os.environ | tenant.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    printed, complaints = await child.communicate()

    assert printed.decode().strip() == "s3cret", complaints.decode()


def test_the_command_prints_an_environment_that_leads_to_its_secrets() -> None:
    command = [sys.executable, "-m", "tools.vault", "--secret", "api-key=s=cret"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout
        exports = [serving.stdout.readline() for _ in range(4)]

        read = subprocess.run(
            ["sh", "-c", "".join(exports) + 'exec "$0" -c "$1"', sys.executable, READ_IN_A_CHILD],
            capture_output=True,
            text=True,
            check=False,
        )
        serving.terminate()

    assert read.stdout.strip() == "s=cret", read.stderr
    assert serving.returncode == 0


async def test_without_the_local_identity_no_token_is_to_be_had() -> None:
    async with ManagedIdentityCredential(retry_total=0) as credential:
        with pytest.raises(AzureError):
            await credential.get_token("https://storage.azure.com/.default")


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "2001:db8::1"])
def test_no_test_connects_beyond_this_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET

    with socket.socket(family) as out, pytest.raises(PermissionError, match="this machine only"):
        out.connect((host, 80))
