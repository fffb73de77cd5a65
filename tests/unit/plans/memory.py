"""Azure's end of the state container, in memory: blobs in blocks and what was committed of them."""

import csv
import io
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from azure.storage.blob import BlobBlock

from shared.segments.rows import Row
from shared.segments.snapshots import Partition, Snapshot
from shared.state.blobs import StateStore


@dataclass(slots=True)
class _Download:
    data: bytes

    async def readall(self) -> bytes:
        return self.data


@dataclass(slots=True)
class Blob:
    """One blob; `data` is None until something is committed."""

    data: bytes | None = None
    staged: dict[str, bytes] = field(default_factory=dict)
    downloads: int = 0

    async def upload_blob(self, data: bytes, *, overwrite: bool) -> None:
        assert overwrite or self.data is None
        self.data = data

    async def stage_block(self, block: str, data: BinaryIO, length: int) -> None:
        self.staged[block] = data.read(length)

    async def commit_block_list(self, blocks: Sequence[BlobBlock]) -> None:
        self.data = b"".join(self.staged[str(block.id)] for block in blocks)

    async def download_blob(self, offset: int, length: int) -> _Download:
        assert self.data is not None
        self.downloads += 1
        return _Download(self.data[offset : offset + length])


class Container:
    """The container client."""

    def __init__(self) -> None:
        self.blobs: dict[str, Blob] = {}

    def get_blob_client(self, name: str) -> Blob:
        return self.blobs.setdefault(name, Blob())

    def store(self) -> StateStore:
        """Our store on top of it."""
        return StateStore(cast(Any, self))

    def data(self, name: str) -> bytes:
        """What was committed; an error where nothing was."""
        data = self.blobs[name].data
        assert data is not None
        return data


class Segments:
    """Partitions made of rows in memory: cells by column, or a row with a field too few."""

    def __init__(
        self,
        rows: dict[str, list[dict[str, str] | Row]],
        snapshots: Sequence[Snapshot],
        *,
        cut: int = 1 << 20,
    ) -> None:
        self._rows = rows
        self._cut = cut
        self._columns = {
            partition.name: snapshot.columns for snapshot in snapshots for partition in snapshot.partitions
        }

    async def ranges(self, partition: Partition) -> AsyncGenerator[bytes]:
        """The partition's bytes, cut where it hurts."""
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for row in self._rows[partition.name]:
            columns = self._columns[partition.name]
            writer.writerow([row.get(column, "") for column in columns] if isinstance(row, dict) else ["odd"])
        data = text.getvalue().encode(errors="surrogateescape")
        for start in range(0, len(data), self._cut):
            yield data[start : start + self._cut]
