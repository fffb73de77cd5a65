"""Candidates sorted by address without holding them: an external bucket sort in temporary files.

A plan visits addresses in the order of their digests, so it is the same in whatever order files and rows
come, and the ledger, which is kept in that order too, is compared bucket by bucket.
"""

import marshal
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Self, cast

from shared.contacts.mapping import DIGEST, Candidate

BUCKETS = 256
"""One per first byte of the digest; a million candidates make about 4,000 a bucket."""
_HELD = 8_000
"""Candidates kept in memory before they are packed."""

Extent = tuple[int, int, int]
"""Where candidates of one bucket lie, packed together: file descriptor, offset, bytes."""


class Spill:
    """As many files as there are sorters; their descriptors serve processes that inherit them, too.

    The files are anonymous: they are gone with the last process that has them open, however that ends.
    """

    def __init__(self, count: int) -> None:
        self._stack = ExitStack()
        self.files = [self._stack.enter_context(_anonymous()).fileno() for _ in range(count)]
        """Their descriptors."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


class Sorter:
    """Takes candidates in any order and writes them to a file of its own, bucket by bucket."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._end = 0
        self._count = 0
        self._held: list[list[Candidate]] = [[] for _ in range(BUCKETS)]
        self._extents: list[list[Extent]] = [[] for _ in range(BUCKETS)]

    def add(self, candidates: list[Candidate]) -> None:
        """Takes a batch, and writes what it holds once that is enough."""
        held = self._held
        for candidate in candidates:
            held[candidate[DIGEST][0]].append(candidate)
        self._count += len(candidates)
        if self._count >= _HELD:
            self._write()

    def finish(self) -> list[list[Extent]]:
        """Writes the rest; where all candidates of each bucket lie."""
        self._write()
        return self._extents

    def _write(self) -> None:
        pieces = []
        for number, held in enumerate(self._held):
            if held:
                packed = marshal.dumps(held)
                self._extents[number].append((self._file, self._end, len(packed)))
                self._end += len(packed)
                pieces.append(packed)
                held.clear()
        self._count = 0
        _append(self._file, b"".join(pieces))


def read(extents: Iterable[Extent]) -> list[Candidate]:
    """The candidates that sorters wrote there."""
    candidates: list[Candidate] = []
    for file, offset, length in extents:
        # By place, as others read the same file.
        candidates += cast(list[Candidate], marshal.loads(os.pread(file, length, offset)))
    return candidates


def gathered(sorted_by: Iterable[Sequence[Sequence[Extent]]]) -> list[list[Extent]]:
    """Where all candidates of each bucket lie, over several sorters."""
    return [[extent for extents in each for extent in extents] for each in zip(*sorted_by, strict=True)]


def _anonymous() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="segment-export-")


def _append(file: int, data: bytes) -> None:
    """All of it, or OSError: where the disk gets full, the kernel takes a part first."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
