"""Azure's end of the state container, in memory: blobs in blocks and what was committed of them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from azure.storage.blob import BlobBlock

from shared.segments.rows import Row, RowBatch
from shared.segments.snapshots import Snapshot
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
    """Snapshots read from memory: the rows of each partition, as cells by column or malformed."""

    def __init__(self, rows: dict[str, list[dict[str, str] | Row]]) -> None:
        self._rows = rows

    async def read(self, snapshot: Snapshot, columns: Sequence[str]) -> AsyncIterator[RowBatch]:
        for partition in snapshot.partitions:
            rows: list[Row] = [
                tuple(row.get(column, "") for column in columns) if isinstance(row, dict) else row
                for row in self._rows[partition.name]
            ]
            yield RowBatch(partition=partition.name, first_row=1, rows=rows)
