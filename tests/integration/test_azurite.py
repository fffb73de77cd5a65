"""Azurite as tests and the demo run it, against the real SDK clients."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity.aio import ManagedIdentityCredential
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient

from tools.azurite import Azurite, AzuriteError
from tools.local import ROOT
from tools.vault import Identity, Tenant
from tools.vault.identity import TokenRequest

START_AND_WAIT = """
import time
from tools.azurite import Azurite

with Azurite() as azurite:
    print(azurite.blob_url, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def azurite_over_tls(tenant: Tenant) -> Iterator[Azurite]:
    with Azurite(certificates=tenant.certificates) as running:
        yield running


async def upload(azurite: Azurite, container: str, content: bytes) -> None:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        await service.create_container(container)
        await service.get_blob_client(container, "blob").upload_blob(content)


async def download(azurite: Azurite, container: str) -> bytes:
    async with BlobServiceClient.from_connection_string(azurite.connection_string, retry_total=0) as service:
        stream = await service.get_blob_client(container, "blob").download_blob()
        return await stream.readall()


async def test_a_blob_that_was_uploaded_is_downloaded_again(azurite: Azurite) -> None:
    await upload(azurite, "azurite-blobs", b"content")

    assert await download(azurite, "azurite-blobs") == b"content"


async def test_a_message_that_was_sent_is_received(azurite: Azurite) -> None:
    async with QueueClient.from_connection_string(azurite.connection_string, "azurite-queue") as queue:
        await queue.create_queue()
        await queue.send_message("hello")
        received = [message.content async for message in queue.receive_messages()]

    assert received == ["hello"]


async def test_over_tls_blobs_and_queues_take_the_tokens_of_the_local_identity(
    azurite_over_tls: Azurite, tenant: Tenant, identity: Identity
) -> None:
    blobs_at, queues_at = azurite_over_tls.blob_url, azurite_over_tls.queue_url
    authority = str(tenant.certificates.authority)

    async with (
        ManagedIdentityCredential() as credential,
        BlobServiceClient(blobs_at, credential, connection_verify=authority) as blobs,
        QueueClient(queues_at, "by-identity", credential=credential, connection_verify=authority) as queue,
    ):
        await blobs.create_container("by-identity")
        await queue.create_queue()
        containers = [container.name async for container in blobs.list_containers()]

    assert containers == ["by-identity"]
    assert set(identity.requests) == {TokenRequest(resource="https://storage.azure.com", client_id=None)}


async def test_over_tls_a_token_for_another_resource_is_refused(
    azurite_over_tls: Azurite, tenant: Tenant, identity: Identity
) -> None:
    async with (
        ManagedIdentityCredential() as credential,
        BlobServiceClient(
            azurite_over_tls.blob_url,
            credential,
            connection_verify=str(tenant.certificates.authority),
            audience="https://vault.azure.net",
        ) as service,
    ):
        with pytest.raises(HttpResponseError) as refused:
            await service.create_container("refused")

    assert refused.value.status_code == 403


@pytest.mark.parametrize("end", [Azurite.stop, Azurite.kill])
async def test_while_it_is_down_requests_fail_and_it_comes_back_at_the_same_address(
    end: Callable[[Azurite], None],
) -> None:
    with Azurite() as azurite:
        before = azurite.connection_string
        end(azurite)
        with pytest.raises(AzureError):
            await download(azurite, "container")
        azurite.start()
        await upload(azurite, "container", b"content")

        assert azurite.connection_string == before
        assert await download(azurite, "container") == b"content"


async def test_what_is_kept_in_a_location_outlives_a_stop(tmp_path: Path) -> None:
    with Azurite(location=tmp_path) as azurite:
        await upload(azurite, "kept", b"content")
    with Azurite(location=tmp_path) as azurite:
        content = await download(azurite, "kept")

    assert content == b"content"


def test_it_listens_on_the_ports_it_is_given() -> None:
    blob_port, queue_port = _free_port(), _free_port()

    with Azurite(blob_port=blob_port, queue_port=queue_port) as azurite:
        urls = azurite.blob_url, azurite.queue_url

    assert urls == (
        f"http://127.0.0.1:{blob_port}/devstoreaccount1",
        f"http://127.0.0.1:{queue_port}/devstoreaccount1",
    )


def test_a_port_that_is_taken_is_said_and_no_process_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        azurite = Azurite(blob_port=taken.getsockname()[1])
        with pytest.raises(AzuriteError, match="EADDRINUSE"):
            azurite.start()

    assert azurite.pid is None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_azurite_is_left_however_its_owner_ends(how: signal.Signals) -> None:
    command = [sys.executable, "-c", START_AND_WAIT]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as owner:
        assert owner.stdout
        port = urlsplit(owner.stdout.readline()).port
        assert port
        listened = _listens(port)
        owner.send_signal(how)

    deadline = time.monotonic() + 10
    while _listens(port) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert listened
    assert not _listens(port)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
