"""The arithmetic of a plan: a partition's bytes to candidates, a bucket of candidates to contacts.

It is most of the time that planning takes, so several engines can share a plan, each in a process of its own
(`processes`): one partition after another to sort, then one bucket after another to merge and pack.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shared.contacts.compile import Target, compile_mapping
from shared.contacts.mapping import SegmentMapping, map_batch
from shared.contacts.rejections import Rejection
from shared.exports.export import Preference
from shared.plans.chunks import Origin
from shared.plans.keys import Hashing
from shared.plans.ledger import Ledger
from shared.plans.merge import Merge, Rules, Tally
from shared.plans.packing import ByKind, Chunk, Packer
from shared.plans.spill import Extent, Sorter, read
from shared.segments.partitions import PartitionReader
from shared.segments.rows import RowBatch
from shared.segments.snapshots import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """All that an engine needs to know; it can be sent to another process."""

    snapshots: tuple[Snapshot, ...]
    email: str
    targets: tuple[Target, ...]
    prefer: Preference | None
    hashing: Hashing
    account: str
    rules: Rules
    room: int
    """The largest contact in bytes that a request can carry."""
    ledger: Path
    suppressed: Callable[[str], bool] | None
    """Whether an address is never to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What became of some rows."""

    read: int
    rejections: list[Rejection]
    unconverted: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedBucket:
    """What became of the addresses of a bucket that are not merely counted."""

    chunks: list[Chunk]
    """Those that are complete."""
    kept: ByKind
    """At the end of a shard, the contacts of it that are in no chunk yet."""
    too_large: list[Origin]


@dataclass(slots=True)
class Engine:
    """Sorts partitions, then merges buckets."""

    setup: Setup
    file: int
    """The descriptor of the file in which it sorts."""
    _sorter: Sorter = field(init=False)
    _packer: Packer = field(init=False)
    _mapping: SegmentMapping | None = None
    _reader: PartitionReader | None = None
    _merge: Merge = field(init=False)
    _ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        setup = self.setup
        self._sorter = Sorter(self.file)
        self._packer = Packer(setup.rules.automations)
        self._ledger = Ledger(setup.ledger)
        self._merge = Merge(
            rules=setup.rules,
            content=setup.hashing.content_hasher(setup.account),
            room=setup.room,
            suppressed=setup.suppressed,
        )

    def open(self, segment: int, partition: int) -> None:
        """Begins a partition of one of the snapshots. Raises SegmentFormatError without an e-mail column."""
        setup = self.setup
        snapshot = setup.snapshots[segment]
        self._mapping = compile_mapping(
            snapshot, segment, email=setup.email, wanted=setup.targets, prefer=setup.prefer
        )
        self._reader = PartitionReader(
            snapshot.partitions[partition],
            columns=snapshot.columns,
            selected=self._mapping.columns,
        )

    def feed(self, data: bytes) -> Iterator[Sorted]:
        """The partition's next bytes. Raises SegmentFormatError where it breaks its own rules."""
        assert self._reader is not None
        return self._sorted(self._reader.feed(data))

    def finish(self) -> Iterator[Sorted]:
        """The partition has ended; raises as `feed` does."""
        assert self._reader is not None
        return self._sorted(self._reader.finish())

    def extents(self) -> list[list[Extent]]:
        """All partitions are sorted: where the candidates of each bucket lie."""
        return self._sorter.finish()

    def merge(self, number: int, extents: list[Extent], ends_shard: bool) -> MergedBucket:
        """All candidates of a bucket against the ledger."""
        merged = self._merge.bucket(read(extents), self._ledger.bucket(number))
        return MergedBucket(
            chunks=list(self._packer.add(merged.planned)),
            kept=self._packer.kept() if ends_shard else {},
            too_large=merged.too_large,
        )

    def tally(self) -> Tally:
        """How many addresses were what, over all buckets that were merged here."""
        return self._merge.tally

    def close(self) -> None:
        """Lets go of the ledger."""
        self._ledger.close()

    def _sorted(self, batches: Iterator[RowBatch]) -> Iterator[Sorted]:
        assert self._mapping is not None
        digest = self.setup.hashing.digest
        for batch in batches:
            mapped = map_batch(self._mapping, batch, digest)
            self._sorter.add(mapped.candidates)
            yield Sorted(read=len(batch.rows), rejections=mapped.rejections, unconverted=mapped.unconverted)
