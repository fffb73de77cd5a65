"""Candidates sorted by address without holding them: an external bucket sort in a temporary file.

A plan visits addresses in the order of their digests, so it is the same in whatever order files and rows
come, and the ledger, which is kept in that order too, is compared bucket by bucket.
"""

import marshal
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self, cast

from shared.contacts.mapping import Candidate

BUCKETS = 256
"""One per first byte of the digest; a million candidates make about 4,000 a bucket."""
_HELD = 8_000
"""Candidates kept in memory before they are written."""


class Spill:
    """Takes candidates in any order, gives them back bucket by bucket.

    The file is anonymous: it is gone with the process, however that ends.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="segment-export-")  # noqa: SIM115  # closed in __exit__
        self._extents: list[list[tuple[int, int]]] = [[] for _ in range(BUCKETS)]
        self._held: list[list[Candidate]] = [[] for _ in range(BUCKETS)]
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, candidates: list[Candidate]) -> None:
        """Takes a batch."""
        held = self._held
        for candidate in candidates:
            held[candidate[0][0]].append(candidate)
        self._count += len(candidates)
        if self._count >= _HELD:
            self._write()

    def buckets(self) -> Iterator[tuple[int, list[Candidate]]]:
        """Each bucket's number (the digests' first byte) and candidates, unsorted."""
        self._write()
        for number, extents in enumerate(self._extents):
            bucket: list[Candidate] = []
            for offset, length in extents:
                self._file.seek(offset)
                bucket += cast(list[Candidate], marshal.loads(self._file.read(length)))
            yield number, bucket

    def _write(self) -> None:
        self._file.seek(0, 2)
        offset = self._file.tell()
        for number, held in enumerate(self._held):
            if not held:
                continue
            data = marshal.dumps(held)
            self._file.write(data)
            self._extents[number].append((offset, len(data)))
            offset += len(data)
            self._held[number] = []
        self._count = 0
