"""Our own container: documents, logs and staged data as blobs.

Lost answers: clients and the SDK repeat a write whose answer was lost, and the repetition of a conditional
write then fails although the first attempt succeeded. So each write carries a random id in the blob's
metadata, and a refused write reads that id back before it is believed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob.aio import BlobClient, BlobPrefix, ContainerClient

from shared.errors import ConfigurationError, Fenced, StateConflict, StateUnavailable

WRITE_ID = "write_id"
_LEASE_CODES = {
    "LeaseIdMismatchWithBlobOperation",
    "LeaseIdMissing",
    "LeaseLost",
    "LeaseIdMismatchWithLeaseOperation",
    "LeaseAlreadyPresent",
    "LeaseNotPresentWithBlobOperation",
    "LeaseNotPresentWithLeaseOperation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A blob's content and the ETag it had."""

    data: bytes
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A blob in a listing."""

    name: str
    modified: datetime


class StateStore:
    """Blobs of one container, by name.

    Raises StateConflict where a condition does not hold, Fenced where a lease is no longer ours,
    StateUnavailable where storage does not answer.
    """

    def __init__(self, container: ContainerClient) -> None:
        self._container = container

    async def ensure_container(self) -> None:
        """Creates the container if it is absent (locally; deployments have it from the template)."""
        async with translated(self._container.container_name):
            if not await self._container.exists():
                # Two requests may find it absent at the same time.
                with suppress(ResourceExistsError):
                    await self._container.create_container()

    async def read(self, name: str) -> Stored | None:
        """The whole blob, or None where there is none."""
        async with translated(name):
            try:
                stream = await self.client(name).download_blob()
                return Stored(data=await stream.readall(), etag=stream.properties.etag)
            except ResourceNotFoundError:
                return None

    async def read_range(self, name: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`."""
        async with translated(name):
            return await (await self.client(name).download_blob(offset, length)).readall()

    async def stream(self, name: str) -> AsyncIterator[bytes]:
        """The blob in pieces; nothing where there is none."""
        async with translated(name):
            try:
                stream = await self.client(name).download_blob()
            except ResourceNotFoundError:
                return
            async for piece in stream.chunks():
                yield piece

    async def create(self, name: str, data: bytes) -> str:
        """Writes a blob that must not exist yet; its ETag."""
        return await self._write(name, data, {"match_condition": MatchConditions.IfMissing})

    async def replace(self, name: str, data: bytes, *, etag: str, lease: str | None = None) -> str:
        """Writes over exactly the version with this ETag; the new ETag."""
        condition: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        return await self._write(name, data, condition | ({"lease": lease} if lease else {}))

    async def put(self, name: str, data: bytes, *, lease: str | None = None) -> str:
        """Writes whatever is there; the new ETag."""
        return await self._write(name, data, {"lease": lease} if lease else {})

    async def delete(self, name: str, *, etag: str | None = None) -> None:
        """Removes a blob; nothing happens where there is none."""
        condition: dict[str, Any] = (
            {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        )
        async with translated(name):
            try:
                await self.client(name).delete_blob(**condition)
            except ResourceNotFoundError:
                return

    async def entries(self, prefix: str) -> AsyncIterator[Entry]:
        """All blobs below a prefix, by name."""
        async with translated(prefix):
            async for blob in self._container.list_blobs(name_starts_with=prefix):
                yield Entry(name=blob.name, modified=blob.last_modified or datetime.now(UTC))

    async def children(self, prefix: str) -> AsyncIterator[Entry]:
        """The blobs directly below `prefix` (which ends in "/"), by name; folders are not looked into."""
        async with translated(prefix):
            async for item in self._container.walk_blobs(name_starts_with=prefix, delimiter="/"):
                if not isinstance(item, BlobPrefix):
                    yield Entry(name=item.name, modified=item.last_modified or datetime.now(UTC))

    async def folders(self, prefix: str) -> AsyncIterator[str]:
        """The names of the folders directly below `prefix` (which ends in "/"), in order."""
        async with translated(prefix):
            async for item in self._container.walk_blobs(name_starts_with=prefix, delimiter="/"):
                if isinstance(item, BlobPrefix):
                    yield item.name.removeprefix(prefix).rstrip("/")

    async def download(self, name: str, path: Path) -> str | None:
        """The blob into a file; its ETag, or None where there is none."""
        async with translated(name):
            try:
                stream = await self.client(name).download_blob(max_concurrency=2)
            except ResourceNotFoundError:
                return None
            with path.open("wb") as file:
                await stream.readinto(file)
            return stream.properties.etag

    async def upload(self, name: str, path: Path, *, etag: str | None) -> str:
        """A file over exactly the version with this ETag, or as a new blob for None; the new ETag."""
        condition: dict[str, Any] = (
            {"etag": etag, "match_condition": MatchConditions.IfNotModified}
            if etag
            else {"match_condition": MatchConditions.IfMissing}
        )
        with path.open("rb") as file:
            return await self._write(name, file, condition)

    def client(self, name: str) -> BlobClient:
        """The SDK's own client, for the other I/O modules of this package."""
        return self._container.get_blob_client(name)

    async def _write(self, name: str, data: Any, options: dict[str, Any]) -> str:
        write_id = uuid4().hex
        blob = self.client(name)
        async with translated(name):
            try:
                answer = await blob.upload_blob(
                    data,
                    overwrite="match_condition" not in options,
                    metadata={WRITE_ID: write_id},
                    **options,
                )
            except (ResourceExistsError, ResourceModifiedError):
                if etag := await self._written(blob, write_id):
                    return etag
                raise
        return str(answer["etag"])

    @staticmethod
    async def _written(blob: BlobClient, write_id: str) -> str | None:
        try:
            properties = await blob.get_blob_properties()
        except ResourceNotFoundError:
            return None
        return properties.etag if (properties.metadata or {}).get(WRITE_ID) == write_id else None


@asynccontextmanager
async def translated(name: str) -> AsyncIterator[None]:
    """Turns what the SDK raises for this blob into our errors."""
    try:
        yield
    except (ResourceExistsError, ResourceModifiedError) as error:
        if _code(error) in _LEASE_CODES:
            raise Fenced(f"the lease on {name} is held by another worker") from error
        raise StateConflict(f"{name} was created or changed by somebody else") from error
    except HttpResponseError as error:
        raise _failure(name, error) from error
    except AzureError as error:
        raise StateUnavailable(f"storage did not answer for {name}; it is tried again") from error


def _failure(name: str, error: HttpResponseError) -> Exception:
    status = error.status_code or 0
    if _code(error) in _LEASE_CODES:
        return Fenced(f"the lease on {name} is held by another worker")
    if status in (401, 403):
        return ConfigurationError(
            f"storage refuses access to {name} ({status}); give the app's identity the role "
            "Storage Blob Data Contributor on the state container"
        )
    if status in (409, 412):
        return StateConflict(f"{name} was created or changed by somebody else")
    return StateUnavailable(f"storage answered {status or 'nothing'} for {name}; it is tried again")


def _code(error: HttpResponseError) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code))
