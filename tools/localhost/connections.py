"""Storage clients of the host, by the name of the connection setting."""

from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from tools.localhost.errors import HostError
from tools.localhost.settings import Settings

HOST_STORAGE = "AzureWebJobsStorage"
# By default they wait 15 seconds before the first retry: too long for an emulator that was just restarted.
RETRIES: dict[str, Any] = {"initial_backoff": 0.5, "increment_base": 1, "random_jitter_range": 0.5}
_DIRECTLY: dict[str, Any] = {"use_env_settings": False}
"""No proxy of the environment."""


class Connections:
    """Opens each connection once, from a connection string or from an identity and addresses.

    `AzureWebJobs<NAME>` wins over `<NAME>`, and a connection string over the `<NAME>__…` form (Microsoft
    Learn, "Guidance for developing Azure Functions", connections).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._queue_services: dict[str, QueueServiceClient] = {}
        self._blob_services: dict[str, BlobServiceClient] = {}
        self._credentials: dict[str, AsyncTokenCredential] = {}

    def queue(self, connection: str, name: str) -> QueueClient:
        """The queue `name`; it need not exist. Raises HostError where the connection is not set."""
        if connection not in self._queue_services:
            self._queue_services[connection] = self._open(QueueServiceClient, "queue", connection)
        return self._queue_services[connection].get_queue_client(name)

    def blobs(self, connection: str) -> BlobServiceClient:
        """The blob service; raises HostError where the connection is not set."""
        if connection not in self._blob_services:
            self._blob_services[connection] = self._open(BlobServiceClient, "blob", connection)
        return self._blob_services[connection]

    async def close(self) -> None:
        """Close all clients and credentials."""
        for queues in self._queue_services.values():
            await queues.close()
        for blobs in self._blob_services.values():
            await blobs.close()
        for credential in self._credentials.values():
            await credential.close()

    def _open[Client: (QueueServiceClient, BlobServiceClient)](
        self, client: type[Client], service: str, connection: str
    ) -> Client:
        certificates = self._settings.get("SSL_CERT_FILE")
        options = RETRIES | _DIRECTLY | ({"connection_verify": certificates} if certificates else {})
        names = (f"AzureWebJobs{connection}", connection)
        for name in names:
            if string := self._settings.get(name):
                return _from_string(client, name, string, options)
        for name in names:
            if url := self._address(name, service):
                return client(url, credential=self._credential(name), **options)
        raise HostError(
            f"the connection {connection} is not set; set {connection} to a connection string,"
            f" or {connection}__{service}ServiceUri to an address"
        )

    def _address(self, name: str, service: str) -> str | None:
        account = self._settings.get(f"{name}__accountName")
        by_account = f"https://{account}.{service}.core.windows.net" if account else None
        return (
            self._settings.get(f"{name}__{service}ServiceUri")
            or self._settings.get(f"{name}__serviceUri")
            or by_account
        )

    def _credential(self, name: str) -> AsyncTokenCredential:
        if name not in self._credentials:
            self._credentials[name] = self._new_credential(name)
        return self._credentials[name]

    def _new_credential(self, name: str) -> AsyncTokenCredential:
        if (self._settings.get(f"{name}__credential") or "").casefold() == "managedidentity":
            return ManagedIdentityCredential(client_id=self._settings.get(f"{name}__clientId"))
        return DefaultAzureCredential()


def _from_string[Client: (QueueServiceClient, BlobServiceClient)](
    client: type[Client], name: str, string: str, options: dict[str, Any]
) -> Client:
    try:
        return client.from_connection_string(string, **options)
    except ValueError as error:
        raise HostError(f"the setting {name} is not a storage connection string") from error
