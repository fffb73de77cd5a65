"""The state container as an operator, or time itself, handles it."""

import json

from azure.storage.blob.aio import BlobLeaseClient, ContainerClient

_TEMPORARY = ("active/", "/turns/", "/orders.json", "/chunks", "/rejected.csv")
_MOMENTS = ("bulk_due", "single_due", "request_due", "paused_until")


async def contents(container: ContainerClient, prefix: str) -> dict[str, bytes]:
    """All blobs below the prefix."""
    names = [blob.name async for blob in container.list_blobs(name_starts_with=prefix)]
    return {name: await (await container.download_blob(name)).readall() for name in names}


async def leftovers(container: ContainerClient) -> set[str]:
    """What must not be there when no run is under way: claims, orders, turns, staged data, leases."""
    return {
        blob.name
        async for blob in container.list_blobs()
        if blob.lease.state == "leased" or any(part in f"/{blob.name}" for part in _TEMPORARY)
    }


async def expire_leases(container: ContainerClient) -> None:
    """Every lease runs out, whoever holds it."""
    async for blob in container.list_blobs():
        if blob.lease.state == "leased":
            await BlobLeaseClient(container.get_blob_client(blob.name)).break_lease(lease_break_period=0)


async def age_pacing(container: ContainerClient, seconds: float) -> None:
    """What accounts wait for comes nearer by so many seconds."""
    async for blob in container.list_blobs(name_starts_with="accounts/"):
        if "/turns/" in blob.name:
            continue
        state = json.loads(await (await container.download_blob(blob.name)).readall())
        for moment in _MOMENTS:
            if state["pacing"][moment] is not None:
                state["pacing"][moment] -= seconds
        await container.upload_blob(blob.name, json.dumps(state), overwrite=True)
