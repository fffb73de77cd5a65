"""Candidates sorted by address without holding them: an external bucket sort in a temporary file.

A plan visits addresses in the order of their digests, so it is the same in whatever order files and rows
come, and the ledger, which is kept in that order too, is compared bucket by bucket.
"""

import marshal
import tempfile
from collections.abc import Iterable
from types import TracebackType
from typing import Self, cast

from shared.contacts.mapping import DIGEST, Candidate

BUCKETS = 256
"""One per first byte of the digest; a million candidates make about 4,000 a bucket."""
_HELD = 8_000
"""Candidates kept in memory before they are packed."""

Parcel = tuple[int, bytes]
"""A bucket's number, and candidates of it packed together."""


class Sorter:
    """Takes candidates in any order, gives them back in parcels of one bucket each."""

    def __init__(self) -> None:
        self._held: list[list[Candidate]] = [[] for _ in range(BUCKETS)]
        self._count = 0

    def add(self, candidates: list[Candidate]) -> list[Parcel]:
        """Takes a batch; gives what is packed once there are enough."""
        held = self._held
        for candidate in candidates:
            held[candidate[DIGEST][0]].append(candidate)
        self._count += len(candidates)
        return self.rest() if self._count >= _HELD else []

    def rest(self) -> list[Parcel]:
        """Everything that is held, packed."""
        parcels = [(number, marshal.dumps(held)) for number, held in enumerate(self._held) if held]
        self._held = [[] for _ in range(BUCKETS)]
        self._count = 0
        return parcels


class Spill:
    """Keeps parcels in a file, gives back each bucket's.

    The file is anonymous: it is gone with the process, however that ends.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="segment-export-")  # noqa: SIM115  # closed in __exit__
        self._extents: list[list[tuple[int, int]]] = [[] for _ in range(BUCKETS)]
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, parcels: Iterable[Parcel]) -> None:
        """Writes parcels of any buckets."""
        for number, packed in parcels:
            self._file.write(packed)
            self._extents[number].append((self._end, len(packed)))
            self._end += len(packed)

    def bucket(self, number: int) -> list[bytes]:
        """What was packed for this bucket, in the order in which it came; nothing can be added after."""
        return [self._read(offset, length) for offset, length in self._extents[number]]

    def _read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)


def unpacked(parcels: Iterable[bytes]) -> list[Candidate]:
    """The candidates that a `Sorter` packed."""
    candidates: list[Candidate] = []
    for packed in parcels:
        candidates += cast(list[Candidate], marshal.loads(packed))
    return candidates
