"""Connections by managed identity: real azure-identity, https Azurite, a local identity endpoint."""

from collections.abc import Iterator

import aiohttp
import pytest

from tests.integration.localhost.store import APP, opened
from tools.azurite import Azurite
from tools.localhost.host import Host
from tools.vault import Identity, Tenant


@pytest.fixture(scope="module")
def azurite_by_https(tenant: Tenant) -> Iterator[Azurite]:
    with Azurite(certificates=tenant.certificates) as azurite:
        yield azurite


async def test_queues_and_timers_work_by_managed_identity_without_any_connection_string(
    azurite_by_https: Azurite, tenant: Tenant, identity: Identity
) -> None:
    string = azurite_by_https.connection_string
    async with opened(string, connection_verify=str(tenant.certificates.authority)) as store:
        del store.settings["STORE"], store.settings["AzureWebJobsStorage"]
        by_identity = {
            "STORE__queueServiceUri": azurite_by_https.queue_url,
            "STORE__credential": "managedidentity",
            "STORE__clientId": "the-client",
            "AzureWebJobsStorage__blobServiceUri": azurite_by_https.blob_url,
            "AzureWebJobsStorage__credential": "managedidentity",
        }
        async with Host(APP, store.settings | by_identity | tenant.environment()) as host:
            headers = {"x-functions-key": host.keys.host}
            async with (
                aiohttp.ClientSession(host.url) as client,
                client.post("/api/words", data=b"one two", headers=headers) as response,
            ):
                status = response.status
            await host.wait_for(lambda host: {each.function for each in host.history} >= {"count_words"})
            await store.timer_status()
        words = (await store.blob("words"))["words"]

    assert (status, words) == (202, 2)
    assert {request.client_id for request in identity.requests} == {"the-client", None}
