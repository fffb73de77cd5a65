"""What blob names tell where no model.json does, and which of the blobs make a complete snapshot."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.segments.snapshots import Blob

_DATED = re.compile(r"(?:^|/)(\d{4})/(\d{2})/(\d{2})/(\d{2})(\d{2})/[^/]+$")
_NUMBERED = re.compile(r"^(?P<stem>.+)_(?P<number>\d{1,9})\.csv(?:\.gz)?$")
_STAMPED = re.compile(r"^(?P<stem>.+)_(?P<epoch>\d{10})\.csv(?:\.gz)?$")
DATED_LEVELS = (r"\d{4}", r"\d{2}", r"\d{2}", r"\d{4}")
"""The folders of a run: year, month, day, hour and minute (CI docs, export to Azure Blob Storage)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedBlob:
    """{stem}_{number}.csv: a partition of the table `stem`, numbered from 1."""

    stem: str
    number: int
    blob: Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedBlob:
    """{stem}_{epoch}.csv: a whole table, as the Adobe Campaign export writes it."""

    stem: str
    taken_at: datetime
    blob: Blob


def folder_time(blob_name: str) -> datetime | None:
    """The time of the yyyy/MM/dd/HHmm folder right above the blob, taken as UTC."""
    found = _DATED.search(blob_name)
    if not found:
        return None
    try:
        return datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def numbered(blobs: Sequence[Blob]) -> list[NumberedBlob]:
    """The partitions among `blobs`, by table and number."""
    found = [(blob, _NUMBERED.match(blob.name.rpartition("/")[2])) for blob in blobs]
    partitions = [
        NumberedBlob(stem=match["stem"], number=int(match["number"]), blob=blob)
        for blob, match in found
        if match
    ]
    return sorted(partitions, key=lambda partition: (partition.stem, partition.number, partition.blob.name))


def stamped(blobs: Sequence[Blob]) -> list[StampedBlob]:
    """The time-stamped tables among `blobs`, newest first."""
    found = [(blob, _STAMPED.match(blob.name.rpartition("/")[2])) for blob in blobs]
    tables = [
        StampedBlob(
            stem=match["stem"], taken_at=datetime.fromtimestamp(int(match["epoch"]), tz=UTC), blob=blob
        )
        for blob, match in found
        if match
    ]
    return sorted(tables, key=lambda table: (table.taken_at, table.blob.name), reverse=True)


def incomplete(partitions: Sequence[NumberedBlob]) -> str | None:
    """Why these partitions are not one whole table, numbered from 1 without a gap; None if they are."""
    if not partitions:
        return "it holds no partition"
    if len({partition.stem for partition in partitions}) > 1:
        return "it holds partitions of several tables"
    numbers = [partition.number for partition in partitions]
    if numbers == list(range(1, len(numbers) + 1)):
        return None
    return f"its partitions are numbered {', '.join(map(str, numbers[:10]))}, not from 1 without a gap"
