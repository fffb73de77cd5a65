"""A snapshot: one complete state of a segment, pinned so that reading it twice gives the same rows."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import TypeAdapter

from shared.segments.dialect import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A blob as storage describes it; `size` is in bytes."""

    name: str
    etag: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One CSV file of a snapshot, pinned by its ETag; `size` is in bytes.

    `blob_snapshot` is the time of the blob snapshot to read instead of the blob, if model.json names one.
    """

    name: str
    blob: str
    etag: str
    size: int
    dialect: Dialect
    gzip: bool = False
    blob_snapshot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One complete state of a segment.

    `id` is the same for the same partitions and columns, whenever it is asked for. `taken_at` is the time
    of the dated folder (minutes, UTC), else the newest refresh or write time. `model_blob` and `model_etag`
    say which model.json committed it, if one did. `notes` tell what was passed over in choosing it.
    `columns_from_header` says that no model.json names the columns, but the first row of a partition.
    """

    segment: str
    id: str
    taken_at: datetime | None
    columns: tuple[str, ...]
    primary_key: str | None
    partitions: tuple[Partition, ...]
    model_blob: str | None = None
    model_etag: str | None = None
    notes: tuple[str, ...] = ()
    columns_from_header: bool = False

    def to_json(self) -> str:
        """A JSON document that `from_json` understands."""
        return _SNAPSHOT.dump_json(self).decode()

    @classmethod
    def from_json(cls, document: str | bytes) -> Self:
        """The snapshot that `to_json` wrote; raises ValueError for anything else."""
        return TypeAdapter(cls).validate_json(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSummary:
    """What is there of a segment: its newest complete snapshot, or in `problem` why there is none.

    `types` are those of the columns as model.json names them, in the same order; empty without a model.json.
    """

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    snapshot: Snapshot | None
    problem: str | None


def snapshot_id(
    segment: str, taken_at: datetime | None, columns: Iterable[str], partitions: Iterable[Partition]
) -> str:
    """16 hexadecimal digits that change with the time, the columns and the ETag of every blob."""
    pinned = [f"{part.blob}\x1f{part.blob_snapshot or ''}\x1f{part.etag}" for part in partitions]
    parts = [segment, taken_at.isoformat() if taken_at else "", "\x1f".join(columns), *pinned]
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()[:16]


_SNAPSHOT = TypeAdapter(Snapshot)
