"""One partition read: unpacked if it is gzip, parsed, numbered, in batches."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Final

from shared.errors import SegmentFormatError
from shared.segments.gunzip import MAGIC, Gunzip
from shared.segments.reader import RECORD_LIMIT, RowReader
from shared.segments.rows import Row, RowBatch
from shared.segments.snapshots import Partition

BATCH_ROWS: Final = 4096
"""Rows of a batch at most, so that whoever consumes one does not hold up the event loop for long."""
STEP_BYTES: Final = 1024 * 1024
"""Bytes parsed in one go: about 10 milliseconds (measured)."""


class PartitionReader:
    """Turns the bytes of a partition into batches; errors name the partition."""

    def __init__(
        self,
        partition: Partition,
        *,
        columns: Sequence[str],
        selected: Sequence[str],
        record_limit: int = RECORD_LIMIT,
    ) -> None:
        self._partition = partition
        self._reader = RowReader(
            dialect=partition.dialect, columns=columns, selected=selected, record_limit=record_limit
        )
        self._gunzip = Gunzip() if partition.gzip else None
        self._started = False
        self._next_row = 1

    def feed(self, data: bytes) -> Iterator[RowBatch]:
        """The rows that end in `data`. Between two batches no more than `STEP_BYTES` are parsed.

        Raises:
            SegmentFormatError: the partition breaks its own rules as a whole.
        """
        try:
            for piece in self._unpacked(data):
                yield from self._batches(self._reader.feed(piece))
        except SegmentFormatError as error:
            raise SegmentFormatError(f"partition {self._partition.blob}: {error}") from error

    def finish(self) -> Iterator[RowBatch]:
        """The rows that are left; raises as `feed` does."""
        try:
            if self._gunzip:
                self._gunzip.finish()
            yield from self._batches(self._reader.finish())
        except SegmentFormatError as error:
            raise SegmentFormatError(f"partition {self._partition.blob}: {error}") from error

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        if not self._started and data.startswith(MAGIC) and self._gunzip is None:
            self._gunzip = Gunzip()
        self._started = True
        for start in range(0, len(data), STEP_BYTES):
            piece = data[start : start + STEP_BYTES]
            yield from self._gunzip.feed(piece) if self._gunzip else (piece,)

    def _batches(self, rows: list[Row]) -> Iterator[RowBatch]:
        for batch in batched(rows, BATCH_ROWS, strict=False):
            yield RowBatch(partition=self._partition.name, first_row=self._next_row, rows=list(batch))
            self._next_row += len(batch)
