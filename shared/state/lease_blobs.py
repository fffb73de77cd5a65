"""Lease calls on blobs of our container."""

from uuid import uuid4

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobLeaseClient

from shared.errors import Fenced, StateConflict
from shared.state.blobs import StateStore, translated


class LeaseStore:
    """Leases of 15 to 60 seconds (Azure Storage REST API, Lease Blob)."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    async def acquire(self, name: str, seconds: int) -> str | None:
        """The id of a new lease, or None while somebody else holds one; the blob is made if absent.

        The id is ours from the start, so an acquisition that is repeated after a lost answer succeeds.
        """
        lease = BlobLeaseClient(self._store.client(name), lease_id=str(uuid4()))
        async with translated(name):
            try:
                await lease.acquire(lease_duration=seconds)
            except ResourceExistsError:
                return None
            except ResourceNotFoundError:
                await self._make(name)
                return await self.acquire(name, seconds)
        return lease.id

    async def renew(self, name: str, lease: str) -> None:
        """Raises Fenced where the lease is gone."""
        async with translated(name):
            await BlobLeaseClient(self._store.client(name), lease_id=lease).renew()

    async def release(self, name: str, lease: str) -> None:
        """Lets the next one in at once."""
        async with translated(name):
            await BlobLeaseClient(self._store.client(name), lease_id=lease).release()

    async def _make(self, name: str) -> None:
        try:
            await self._store.create(name, b"{}")
        except (StateConflict, Fenced):
            return
