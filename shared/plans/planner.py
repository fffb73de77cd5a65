"""The planner: reads pinned snapshots, decides who is sent, stages the exact requests."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.activecampaign.schedule import Limits
from shared.contacts.compile import Target, compile_mapping, missing_columns, targets
from shared.contacts.mapping import PARTITION, PRIMARY_KEY, ROW, SEGMENT, Candidate, SegmentMapping, map_batch
from shared.contacts.rejections import Rejection
from shared.exports.export import ExportContent
from shared.ids import new_id
from shared.plans.blobs import BlockWriter, RejectionWriter
from shared.plans.chunks import Chunker, Kind, Planned, Staged, encode_chunk, room
from shared.plans.destination import Destination
from shared.plans.guards import Facts, findings
from shared.plans.keys import LedgerKeys
from shared.plans.ledger import Ledger
from shared.plans.merge import Audience, Merge, Rules
from shared.plans.plan import ChunkIndex, Plan
from shared.plans.spill import Spill
from shared.runs.run import Counts
from shared.segments.rows import RowBatch
from shared.segments.snapshots import Snapshot
from shared.state.blobs import StateStore

_KINDS: tuple[Kind, ...] = ("plain", "joiners", "doubtful")
"""In the order in which they are sent."""


class Segments(Protocol):
    """The part of the segment store that a plan uses."""

    def read(self, snapshot: Snapshot, columns: Sequence[str]) -> AsyncIterator[RowBatch]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a run asks of the planner."""

    run: str
    export: ExportContent
    account: str
    snapshots: tuple[Snapshot, ...]
    """One per segment of the export, in their order."""
    destination: Destination
    limits: Limits
    full: bool
    resend_withheld: bool
    previous_contacts: int | None
    now: datetime


@dataclass(slots=True)
class Planner:
    """Plans one run; nothing is sent, and nothing is visible until the plan itself is written."""

    order: Order
    segments: Segments
    store: StateStore
    keys: LedgerKeys
    ledger: Ledger
    still_ours: Callable[[], None]
    """Raises Fenced when another worker has taken the run over."""
    _counts: Counts = field(default_factory=Counts)
    _unconverted: Counter[str] = field(default_factory=Counter)

    async def plan(self, chunks_blob: str, rejections_blob: str) -> Plan:
        """The plan, its chunks and rejections staged under these names."""
        wanted = targets(self.order.export.mapping, self.order.destination.fields)
        async with AsyncExitStack() as stack:
            spill = stack.enter_context(Spill())
            rejected = RejectionWriter(
                await stack.enter_async_context(BlockWriter(self.store, rejections_blob))
            )
            await rejected.write([])
            await self._read(wanted, spill, rejected)
            staging = _Staging(
                await stack.enter_async_context(BlockWriter(self.store, chunks_blob)), self.order.export
            )
            merge = await self._merge(wanted, spill, rejected, staging)
            self.still_ours()
        return self._conclude(wanted, merge, staging.index())

    async def _read(self, wanted: Sequence[Target], spill: Spill, rejected: RejectionWriter) -> None:
        export = self.order.export
        for index, snapshot in enumerate(self.order.snapshots):
            mapping = compile_mapping(
                snapshot, index, email=export.mapping.email, wanted=wanted, prefer=export.prefer
            )
            async for batch in self.segments.read(snapshot, mapping.columns):
                await self._take(mapping, batch, spill, rejected)

    async def _take(
        self, mapping: SegmentMapping, batch: RowBatch, spill: Spill, rejected: RejectionWriter
    ) -> None:
        mapped = map_batch(mapping, batch, self.keys.digest)
        spill.add(mapped.candidates)
        self._counts.read += len(batch.rows)
        self._counts.rejected += len(mapped.rejections)
        self._unconverted.update(mapped.unconverted)
        if mapped.rejections:
            await rejected.write(mapped.rejections)
        await asyncio.sleep(0)

    async def _merge(
        self, wanted: Sequence[Target], spill: Spill, rejected: RejectionWriter, staging: "_Staging"
    ) -> Merge:
        merge = Merge(
            rules=self._rules(wanted),
            content=self.keys.content_hasher(self.order.account),
            room=room(exclude_automations=False),
        )
        for number, candidates in spill.buckets():
            merged = merge.bucket(candidates, self.ledger.bucket(number))
            for kind, planned in merged.planned.items():
                await staging.add(kind, planned)
            if merged.too_large:
                self._counts.rejected += len(merged.too_large)
                await rejected.write(map(self._too_large, merged.too_large))
            await asyncio.sleep(0)
        await staging.finish()
        return merge

    def _rules(self, wanted: Sequence[Target]) -> Rules:
        export = self.order.export
        return Rules(
            columns=("email", *(target.place for target in wanted)),
            audiences=tuple(
                Audience(list_id=segment.list_id or export.list_id, tags=(*export.tags, *segment.tags))
                for segment in export.segments
            ),
            when_empty=export.when_empty,
            take=export.prefer.take if export.prefer else "greatest",
            automations=export.automations,
            joiners_known=not self.order.full and self.order.previous_contacts is not None,
            full=self.order.full,
            resend_withheld=self.order.resend_withheld,
        )

    def _too_large(self, candidate: Candidate) -> Rejection:
        snapshot = self.order.snapshots[candidate[SEGMENT]]
        return Rejection(
            segment=snapshot.segment,
            primary_key=candidate[PRIMARY_KEY],
            partition=snapshot.partitions[candidate[PARTITION]].name,
            row=candidate[ROW],
            stage="rejected",
            reason="contact_too_large",
        )

    def _conclude(self, wanted: Sequence[Target], merge: Merge, chunks: ChunkIndex) -> Plan:
        order, tally = self.order, merge.tally
        planned = sum(chunks.counts)
        counts = self._counts.model_copy(
            update={
                "duplicate": tally.duplicate,
                "contacts": tally.contacts,
                "unchanged": tally.unchanged,
                "withheld": tally.withheld,
                "planned": planned,
                "unsent": planned,
            }
        )
        facts = Facts(
            counts=counts,
            new=tally.new,
            previous=order.previous_contacts,
            allowance=order.destination.allowance,
            missing_columns=tuple(
                sentence
                for snapshot in order.snapshots
                for sentence in missing_columns(snapshot, wanted, order.export.prefer)
            ),
        )
        return Plan(
            id=new_id(),
            run=order.run,
            made_at=order.now,
            account=order.account,
            key_version=self.keys.version,
            full=order.full,
            snapshots=list(order.snapshots),
            counts=counts,
            unconverted=dict(self._unconverted),
            new=tally.new,
            changed=tally.changed,
            left=len(self.ledger) - tally.matched if not order.full else 0,
            automations=sum(
                count
                for count, kind in zip(chunks.counts, chunks.kinds, strict=True)
                if starts_automations(order.export, kind)
            ),
            minutes=round(len(chunks) * order.limits.bulk_interval / 60, 2),
            findings=findings(facts, order.export.guards),
            chunks=chunks,
        )


def starts_automations(export: ExportContent, kind: Kind) -> bool:
    """Whether a request of this kind may start automations for its contacts."""
    return export.automations == "always" or (export.automations == "joiners" and kind == "joiners")


class _Staging:
    """Chunks on their way into the staged blob; the index lists doubtful ones last."""

    def __init__(self, writer: BlockWriter, export: ExportContent) -> None:
        self._writer = writer
        self._excluded = {kind: not starts_automations(export, kind) for kind in _KINDS}
        self._chunkers = {kind: Chunker(exclude_automations=self._excluded[kind]) for kind in _KINDS}
        self._staged: list[Staged] = []

    async def add(self, kind: Kind, planned: list[Planned]) -> None:
        for chunk in self._chunkers[kind].take(planned):
            await self._write(kind, chunk)

    async def finish(self) -> None:
        for kind, chunker in self._chunkers.items():
            for chunk in chunker.rest():
                await self._write(kind, chunk)

    def index(self) -> ChunkIndex:
        return ChunkIndex.of(sorted(self._staged, key=lambda staged: _KINDS.index(staged.kind)))

    async def _write(self, kind: Kind, chunk: list[Planned]) -> None:
        body, sources = encode_chunk(chunk, exclude_automations=self._excluded[kind])
        self._staged.append(
            Staged(
                kind=kind,
                count=len(chunk),
                offset=self._writer.offset,
                body=len(body),
                sources=len(sources),
            )
        )
        await self._writer.write(b"%b\n%b\n" % (body, sources))
