"""The container as the rest of this package sees it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.segments.dialect import Header
from shared.segments.snapshots import Blob, Partition


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What lies directly in a folder; names are whole, and those of folders end in "/" (the root is "")."""

    path: str
    blobs: tuple[Blob, ...]
    folders: tuple[str, ...]


class Shelf(Protocol):
    """A container that is only read from."""

    url: str

    async def folder(self, path: str) -> Folder:
        """What lies directly in the folder `path`; nothing, if there is no such folder."""
        ...

    async def describe(self, blob: str, blob_snapshot: str | None) -> Blob | None:
        """The blob's properties now; None if it is not there."""
        ...

    async def download(self, blob: Blob) -> bytes:
        """The whole blob; raises SnapshotChanged if it went or changed since it was described."""
        ...

    async def span(self, partition: Partition, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`; raises SnapshotChanged if it went or changed since pinned."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One look at a container. `settle` is how long a blob has to be left alone to count as whole."""

    shelf: Shelf
    now: datetime
    settle: timedelta
    header: Header | None = None
    """Overrules what model.json says about headers."""

    def is_settled(self, *blobs: Blob) -> bool:
        """Whether none of `blobs` may still be being written."""
        return all(blob.modified_at <= self.now - self.settle for blob in blobs)
