"""The rows of a pinned snapshot, read as its bytes arrive."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from shared.errors import SegmentFormatError
from shared.excerpts import excerpt
from shared.segments.offers import offered
from shared.segments.partitions import PartitionReader
from shared.segments.rows import RowBatch
from shared.segments.shelf import Shelf
from shared.segments.snapshots import Partition, Snapshot

RANGE_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one download."""
RANGES_AHEAD: Final = 2
"""Downloads on their way while a range is parsed: one stream alone is slower than the parser."""


async def read_rows(
    shelf: Shelf, snapshot: Snapshot, columns: Sequence[str], *, record_limit: int
) -> AsyncGenerator[RowBatch]:
    """The rows of `snapshot`, partition after partition, with only `columns`, in that order.

    The event loop gets a turn after every batch.

    Raises:
        SegmentFormatError: a column is not there, or a partition breaks its own rules as a whole.
        SnapshotChanged: a partition went or changed since it was pinned.
    """
    _check_columns(snapshot, columns)
    for partition in snapshot.partitions:
        reader = PartitionReader(
            partition, columns=snapshot.columns, selected=columns, record_limit=record_limit
        )
        async with aclosing(read_ranges(shelf, partition)) as ranges:
            async for data in ranges:
                for batch in reader.feed(data):
                    yield batch
                    await asyncio.sleep(0)
        for batch in reader.finish():
            yield batch


def _check_columns(snapshot: Snapshot, columns: Sequence[str]) -> None:
    unknown = [name for name in columns if name not in snapshot.columns]
    if unknown and snapshot.columns:
        missing = f"segment {excerpt(snapshot.segment)!r} has no column {excerpt(unknown[0])!r}"
        raise SegmentFormatError(f"{missing}; {offered(snapshot)}")


async def read_ranges(shelf: Shelf, partition: Partition) -> AsyncGenerator[bytes]:
    """The partition's bytes in order. An empty one is asked for, too, to learn that it is still empty.

    Raises SnapshotChanged where it went or changed since it was pinned.
    """
    coming: deque[asyncio.Task[bytes]] = deque()
    try:
        for start in range(0, max(partition.size, 1), RANGE_BYTES):
            coming.append(asyncio.create_task(shelf.span(partition, start, RANGE_BYTES)))
            if len(coming) > RANGES_AHEAD:
                yield await coming.popleft()
        while coming:
            yield await coming.popleft()
    finally:
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)
