"""The segments in Azure blob storage: what is there, and its rows."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobProperties, StorageErrorCode
from azure.storage.blob.aio import ContainerClient

from shared.errors import ConfigurationError, SnapshotChanged, StateUnavailable
from shared.segments.choice import newest_snapshot, summarise
from shared.segments.dialect import Header
from shared.segments.reader import RECORD_LIMIT
from shared.segments.reading import read_ranges, read_rows
from shared.segments.rows import RowBatch
from shared.segments.shelf import Folder, View
from shared.segments.snapshots import Blob, Partition, SegmentSummary, Snapshot
from shared.segments.sources import find_sources, not_found

SETTLE: Final = timedelta(minutes=10)
_REQUESTS_AT_ONCE = 16
_QUOTE = '"'


class SegmentStore:
    """The segments below `prefix` in a container that is only read from.

    `settle` is how long a blob must be left alone to count as whole where no model.json says so; `header`
    overrules what model.json says about headers.
    """

    def __init__(
        self,
        container: ContainerClient,
        *,
        prefix: str = "",
        settle: timedelta = SETTLE,
        header: Header | None = None,
        record_limit: int = RECORD_LIMIT,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._shelf = BlobShelf(container)
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._settle = settle
        self._header = header
        self._record_limit = record_limit
        self._clock = clock

    async def segments(self) -> list[SegmentSummary]:
        """Every segment by name, with its newest complete snapshot or the reason why there is none.

        Raises:
            SegmentFormatError: a model.json cannot be read.
            SnapshotChanged: a model.json is being written.
            ConfigurationError: the container is not there, or may not be read.
        """
        view = self._view()
        found = await find_sources(view, self._prefix)
        return await asyncio.gather(*(summarise(view, name, found[name]) for name in sorted(found)))

    async def segment(self, name: str) -> SegmentSummary:
        """One segment, as `segments` gives it. Raises SegmentNotFound, and what `segments` raises."""
        view = self._view()
        found = await find_sources(view, self._prefix)
        if name not in found:
            raise not_found(name, self._prefix, sorted(found))
        return await summarise(view, name, found[name])

    async def newest_snapshot(self, segment: str) -> Snapshot:
        """The newest complete snapshot of a segment, its partitions pinned by their ETags.

        Raises:
            SegmentNotFound: there is no such segment, or no complete snapshot of it.
            SegmentFormatError: what describes it cannot be followed, or it is in several places.
            SegmentMisplaced: a partition lies outside the container.
            SnapshotChanged: it is being written; retryable.
            ConfigurationError: the container is not there, or may not be read.
        """
        view = self._view()
        found = await find_sources(view, self._prefix)
        if segment not in found:
            raise not_found(segment, self._prefix, sorted(found))
        return await newest_snapshot(view, segment, found[segment])

    async def read(self, snapshot: Snapshot, columns: Sequence[str]) -> AsyncGenerator[RowBatch]:
        """The rows of a snapshot, partition after partition, with only `columns`, in that order.

        Raises:
            SegmentFormatError: a column is not there, or a partition breaks its own rules as a whole.
            SnapshotChanged: a partition went or changed since the snapshot was chosen; retryable.
        """
        async with aclosing(
            read_rows(self._shelf, snapshot, columns, record_limit=self._record_limit)
        ) as batches:
            async for batch in batches:
                yield batch

    async def ranges(self, partition: Partition) -> AsyncGenerator[bytes]:
        """The bytes of a partition in order. Raises SnapshotChanged, as `read` does."""
        async with aclosing(read_ranges(self._shelf, partition)) as ranges:
            async for data in ranges:
                yield data

    def _view(self) -> View:
        return View(shelf=self._shelf, now=self._clock(), settle=self._settle, header=self._header)


class BlobShelf:
    """A container of Azure blob storage as a `Shelf`, and the partitions' bytes."""

    def __init__(self, container: ContainerClient) -> None:
        self._container = container
        self._turns = asyncio.Semaphore(_REQUESTS_AT_ONCE)
        self.url = container.url

    async def folder(self, path: str) -> Folder:
        """What lies directly in a folder."""
        blobs: list[Blob] = []
        folders: list[str] = []
        async with self._turn(path):
            async for item in self._container.walk_blobs(name_starts_with=path or None, delimiter="/"):
                if isinstance(item, BlobProperties):
                    blobs.append(_blob(item))
                else:
                    folders.append(item.name)
        return Folder(path=path, blobs=tuple(blobs), folders=tuple(folders))

    async def describe(self, blob: str, blob_snapshot: str | None) -> Blob | None:
        """The blob's properties now; None if it is not there."""
        async with self._turn(blob):
            client = self._container.get_blob_client(blob, snapshot=blob_snapshot)
            try:
                return _blob(await client.get_blob_properties())
            except ResourceNotFoundError as error:
                if _container_is_gone(error):
                    raise
                return None

    async def download(self, blob: Blob) -> bytes:
        """The whole blob; raises SnapshotChanged if it went or changed since it was described."""
        return await self._range(blob.name, blob.etag, None, 0, blob.size)

    async def span(self, partition: Partition, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`; raises SnapshotChanged if it went or changed since pinned."""
        rest = min(length, partition.size - start)
        return await self._range(partition.blob, partition.etag, partition.blob_snapshot, start, rest)

    async def _range(self, blob: str, etag: str, blob_snapshot: str | None, start: int, length: int) -> bytes:
        """Exactly this range, if the blob still has this ETag; of an empty blob only that is checked."""
        client = self._container.get_blob_client(blob, snapshot=blob_snapshot)
        unmodified = MatchConditions.IfNotModified
        async with self._turn(blob):
            try:
                if not length:
                    await client.get_blob_properties(etag=etag, match_condition=unmodified)
                    return b""
                stream = await client.download_blob(
                    start, length, etag=etag, match_condition=unmodified, max_concurrency=1, decompress=False
                )
                return await stream.readall()
            except (ResourceNotFoundError, ResourceModifiedError) as error:
                if _container_is_gone(error):
                    raise
                what = f"{blob} went or changed since it was looked up"
                raise SnapshotChanged(f"{what}; the next attempt takes the newest snapshot") from error

    @asynccontextmanager
    async def _turn(self, what: str) -> AsyncIterator[None]:
        """One of the requests under way; what storage refuses becomes an error that says who can mend it."""
        async with self._turns:
            try:
                yield
            except ResourceNotFoundError as error:
                raise ConfigurationError(
                    f"there is no container {self._container.container_name!r}; correct SEGMENTS_CONTAINER"
                ) from error
            except ClientAuthenticationError as error:
                raise self._not_allowed() from error
            except HttpResponseError as error:
                if error.status_code in (401, 403):
                    raise self._not_allowed() from error
                raise StateUnavailable(f"segment storage did not give {what or '/'}") from error
            except AzureError as error:
                raise StateUnavailable(f"segment storage did not answer for {what or '/'}") from error

    def _not_allowed(self) -> ConfigurationError:
        return ConfigurationError(
            f"container {self._container.container_name!r} may not be read; "
            "give this program's identity the role Storage Blob Data Reader on it"
        )


def _container_is_gone(error: AzureError) -> bool:
    return getattr(error, "error_code", None) == StorageErrorCode.CONTAINER_NOT_FOUND


def _blob(properties: BlobProperties) -> Blob:
    """Listings give ETags without the quotes that headers give and conditions want (observed)."""
    return Blob(
        name=properties.name,
        etag=f'"{properties.etag.strip(_QUOTE)}"',
        size=properties.size,
        modified_at=properties.last_modified,
    )
