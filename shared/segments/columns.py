"""The columns of partitions that no model.json describes."""

from collections.abc import Sequence
from typing import Final

from shared.errors import SegmentFormatError
from shared.segments.dialect import Dialect
from shared.segments.gunzip import MAGIC, Gunzip
from shared.segments.reader import read_header
from shared.segments.shelf import Shelf
from shared.segments.snapshots import Partition

HEADER_BYTES: Final = 1024 * 1024
"""How much of a partition is read for its header."""


async def columns_in(shelf: Shelf, partitions: Sequence[Partition]) -> tuple[str, ...]:
    """The header of the first partition that is not empty; no columns if all are.

    Raises:
        SegmentFormatError: there is no readable header.
        SnapshotChanged: the partition went or changed since it was pinned.
    """
    for partition in partitions:
        beginning = await shelf.span(partition, 0, HEADER_BYTES)
        try:
            columns = _header(beginning, partition.dialect)
        except SegmentFormatError as error:
            raise SegmentFormatError(f"partition {partition.blob}: {error}") from error
        if columns:
            return columns
    return ()


def _header(beginning: bytes, dialect: Dialect) -> tuple[str, ...]:
    if beginning.startswith(MAGIC):
        beginning = next(Gunzip().feed(beginning), b"")
    return read_header(beginning, dialect=dialect)
