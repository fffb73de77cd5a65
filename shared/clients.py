"""The SDK's and aiohttp's clients of one process, and how they are closed."""

from contextlib import AsyncExitStack
from typing import Any

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import ManagedIdentityCredential
from azure.keyvault.secrets.aio import SecretClient
from azure.storage.blob.aio import BlobServiceClient, ContainerClient, ExponentialRetry
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from shared.activecampaign.transport import connector
from shared.settings import Settings, StorageSettings

_RETRIES: dict[str, Any] = {"retry_total": 4, "retry_backoff_factor": 0.4, "retry_backoff_max": 10}
# Storage clients know none of these but the total, and wait 15 seconds unless told: a third of a lease.
_STORAGE_RETRIES: dict[str, Any] = {"initial_backoff": 1, "increment_base": 2, "random_jitter_range": 1}
_TIMEOUTS: dict[str, Any] = {"connection_timeout": 10, "read_timeout": 30}
_PIECE_BYTES = 4 << 20
_PIECES: dict[str, Any] = {
    "max_single_get_size": _PIECE_BYTES,
    "max_chunk_get_size": _PIECE_BYTES,
    "max_block_size": _PIECE_BYTES,
}


class Clients:
    """Makes clients for the settings; each is closed with `close`."""

    def __init__(self, settings: Settings, *, authorities: str | None = None) -> None:
        """`authorities` is a file of certificate authorities to trust instead of the machine's."""
        self._settings = settings
        self._trust: dict[str, Any] = {"connection_verify": authorities} if authorities else {}
        self._stack = AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None
        self._credentials: dict[str | None, AsyncTokenCredential] = {}

    async def close(self) -> None:
        """Closes everything; a function app lives until its process ends and never calls it."""
        await self._stack.aclose()

    def secrets(self) -> SecretClient:
        """Of the vault."""
        credential = self._credential(self._settings.key_vault_client_id)
        options = _RETRIES | _TIMEOUTS | self._trust
        return self._kept(SecretClient(self._settings.key_vault_uri, credential, **options))

    def segments(self) -> ContainerClient:
        """Of the container that Customer Insights writes to."""
        service = self._blobs(self._settings.segment_storage)
        return service.get_container_client(self._settings.segments_container)

    def state(self) -> ContainerClient:
        """Of our own container."""
        service = self._blobs(self._settings.state_storage)
        return service.get_container_client(self._settings.state_container)

    def audit(self) -> ContainerClient:
        """Of the container of the audit log, which may be under an immutability policy."""
        service = self._blobs(self._settings.state_storage)
        return service.get_container_client(self._settings.audit_container)

    def jobs(self) -> QueueClient:
        """Of the jobs queue, encoding messages as the Functions host expects them."""
        storage = self._settings.state_storage
        options = _storage_retries() | _TIMEOUTS
        service = (
            QueueServiceClient.from_connection_string(storage.connection_string, **options)
            if storage.connection_string
            else QueueServiceClient(
                str(storage.queue_service), credential=self._credential(storage.client_id), **options
            )
        )
        return self._kept(service).get_queue_client(
            self._settings.jobs_queue, message_encode_policy=TextBase64EncodePolicy()
        )

    def session(self) -> aiohttp.ClientSession:
        """For ActiveCampaign: no cookies, and no way into private networks."""
        if self._session is None:
            guarded = connector(allow_loopback=self._settings.allow_loopback_http)
            session = aiohttp.ClientSession(connector=guarded, cookie_jar=aiohttp.DummyCookieJar())
            self._session = self._kept(session)
        return self._session

    def _blobs(self, storage: StorageSettings) -> BlobServiceClient:
        options = _storage_retries() | _TIMEOUTS | _PIECES
        if storage.connection_string:
            return self._kept(BlobServiceClient.from_connection_string(storage.connection_string, **options))
        credential = self._credential(storage.client_id)
        return self._kept(BlobServiceClient(str(storage.blob_service), credential=credential, **options))

    def _credential(self, client_id: str | None) -> AsyncTokenCredential:
        if client_id not in self._credentials:
            self._credentials[client_id] = self._kept(
                ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
            )
        return self._credentials[client_id]

    def _kept[C: Any](self, client: C) -> C:
        self._stack.push_async_callback(client.close)
        return client


def _storage_retries() -> dict[str, Any]:
    """Up to 2, 4, 6 and 10 seconds."""
    return {"retry_policy": ExponentialRetry(retry_total=_RETRIES["retry_total"], **_STORAGE_RETRIES)}
