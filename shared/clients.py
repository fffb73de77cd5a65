"""The SDK's and aiohttp's clients of one process, and how they are closed."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
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

# No proxy and no netrc: Azure's services are reached directly. To look for them costs two threads a request.
_DIRECTLY: dict[str, Any] = {"use_env_settings": False}
_BACKOFF: dict[str, Any] = {"retry_backoff_factor": 0.4, "retry_backoff_max": 10}
# Storage clients know another backoff, and wait 15 seconds unless told: a third of a lease.
_STORAGE_BACKOFF: dict[str, Any] = {"initial_backoff": 1, "increment_base": 2, "random_jitter_range": 1}
_PIECE_BYTES = 4 << 20
_PIECES: dict[str, Any] = {
    "max_single_get_size": _PIECE_BYTES,
    "max_chunk_get_size": _PIECE_BYTES,
    "max_block_size": _PIECE_BYTES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long vault, storage and managed identity are waited for, in seconds, and how often asked again.

    The vault's client asks the identity anew in each of its own attempts, so the identity's has fewer.
    """

    to_connect: float = 10
    without_a_byte: float = 30
    retries: int = 4
    retries_of_identity: int = 1

    @property
    def timeouts(self) -> dict[str, Any]:
        """As every client takes them."""
        return {"connection_timeout": self.to_connect, "read_timeout": self.without_a_byte}

    @property
    def of_vault(self) -> dict[str, Any]:
        """Retries at once, then after 0.8 seconds, and twice as long each time."""
        return _counts(self.retries) | _BACKOFF | self.timeouts

    @property
    def of_identity(self) -> dict[str, Any]:
        """One retry, at once."""
        return _counts(self.retries_of_identity) | _BACKOFF | self.timeouts

    @property
    def of_storage(self) -> dict[str, Any]:
        """Retries after up to 2, 4, 6 and 10 seconds."""
        policy = ExponentialRetry(**_counts(self.retries), **_STORAGE_BACKOFF)
        return {"retry_policy": policy, **self.timeouts}


class Clients:
    """Makes clients for the settings; each is closed with `close`."""

    def __init__(
        self, settings: Settings, *, authorities: str | None = None, patience: Patience | None = None
    ) -> None:
        """`authorities` is a file of certificate authorities to trust instead of the machine's."""
        self._settings = settings
        self._patience = patience or Patience()
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
        options = self._patience.of_vault | self._trust | _DIRECTLY
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
        options = self._patience.of_storage | _DIRECTLY
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
        options = self._patience.of_storage | _PIECES | _DIRECTLY
        if storage.connection_string:
            return self._kept(BlobServiceClient.from_connection_string(storage.connection_string, **options))
        credential = self._credential(storage.client_id)
        return self._kept(BlobServiceClient(str(storage.blob_service), credential=credential, **options))

    def _credential(self, client_id: str | None) -> AsyncTokenCredential:
        if client_id not in self._credentials:
            named: dict[str, Any] = {"client_id": client_id} if client_id else {}
            credential = ManagedIdentityCredential(**named, **self._patience.of_identity, **_DIRECTLY)
            self._credentials[client_id] = self._kept(credential)
        return self._credentials[client_id]

    def _kept[C: Any](self, client: C) -> C:
        self._stack.push_async_callback(client.close)
        return client


def _counts(retries: int) -> dict[str, Any]:
    """For whatever reason one asks again; only with the total they would stay at 3."""
    return dict.fromkeys(("retry_total", "retry_connect", "retry_read", "retry_status"), retries)
