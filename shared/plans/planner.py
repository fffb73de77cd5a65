"""The planner: reads pinned snapshots, decides who is sent, stages the exact requests."""

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

from shared.activecampaign.schedule import Limits
from shared.contacts.compile import Target, missing_columns, targets
from shared.contacts.rejections import Rejection
from shared.exports.export import ExportContent
from shared.ids import new_id
from shared.plans.blobs import BlockWriter, RejectionWriter
from shared.plans.chunks import Origin, room
from shared.plans.destination import Destination
from shared.plans.engine import MergedBucket, Setup, Sorted
from shared.plans.guards import Facts, findings
from shared.plans.keys import LedgerKeys
from shared.plans.ledger import Ledger
from shared.plans.merge import Audience, Rules, Tally
from shared.plans.packing import starts_automations
from shared.plans.passes import Segments, merge, sort, tallied
from shared.plans.plan import ChunkIndex, Plan
from shared.plans.processes import engines, engines_for
from shared.plans.staging import Staging
from shared.runs.run import Counts
from shared.segments.snapshots import Snapshot
from shared.state.blobs import StateStore


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
    suppressed: Callable[[str], bool] | None = None
    """Whether an address is never to be sent."""
    processes: int | None = None
    """How many processes may plan, at most; by default one a core."""
    _counts: Counts = field(default_factory=Counts)
    _unconverted: Counter[str] = field(default_factory=Counter)

    async def plan(self, chunks_blob: str, rejections_blob: str) -> Plan:
        """The plan, its chunks and rejections staged under these names."""
        setup = self._setup()
        async with AsyncExitStack() as stack:
            rejected = RejectionWriter(
                await stack.enter_async_context(BlockWriter(self.store, rejections_blob))
            )
            await rejected.write([])
            chunks = await stack.enter_async_context(BlockWriter(self.store, chunks_blob))
            staging = Staging(chunks, self.order.export.automations)
            crew = await stack.enter_async_context(engines(setup, self._count()))
            extents = await sort(
                crew, self.segments, self.order.snapshots, functools.partial(self._take, rejected=rejected)
            )
            await merge(crew, extents, functools.partial(self._stage, rejected=rejected, staging=staging))
            tally = await tallied(crew)
            index = await staging.finish()
            self.still_ours()
        return self._conclude(setup, tally, index)

    def _count(self) -> int:
        size = sum(partition.size for snapshot in self.order.snapshots for partition in snapshot.partitions)
        return engines_for(size, self.processes)

    def _setup(self) -> Setup:
        order = self.order
        wanted = tuple(targets(order.export.mapping, order.destination.fields))
        return Setup(
            snapshots=order.snapshots,
            email=order.export.mapping.email,
            targets=wanted,
            prefer=order.export.prefer,
            hashing=self.keys.hashing,
            account=order.account,
            rules=self._rules(wanted),
            room=room(exclude_automations=False),
            ledger=self.ledger.path,
            suppressed=self.suppressed,
        )

    async def _take(self, rows: Sorted, *, rejected: RejectionWriter) -> None:
        self._counts.read += rows.read
        self._unconverted.update(rows.unconverted)
        await self._reject(rows.rejections, rejected)

    async def _stage(
        self, shard: int, merged: MergedBucket, *, rejected: RejectionWriter, staging: Staging
    ) -> None:
        await staging.add(shard, merged.chunks, merged.kept)
        await self._reject([self._too_large(origin) for origin in merged.too_large], rejected)

    async def _reject(self, rejections: list[Rejection], rejected: RejectionWriter) -> None:
        if rejections:
            self._counts.rejected += len(rejections)
            await rejected.write(rejections)

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

    def _too_large(self, origin: Origin) -> Rejection:
        segment, partition, row, primary_key = origin
        snapshot = self.order.snapshots[segment]
        return Rejection(
            segment=snapshot.segment,
            primary_key=primary_key,
            partition=snapshot.partitions[partition].name,
            row=row,
            stage="rejected",
            reason="contact_too_large",
        )

    def _conclude(self, setup: Setup, tally: Tally, chunks: ChunkIndex) -> Plan:
        order = self.order
        planned = sum(chunks.counts)
        counts = self._counts.model_copy(
            update={
                "duplicate": tally.duplicate,
                "contacts": tally.contacts,
                "unchanged": tally.unchanged,
                "withheld": tally.withheld,
                "suppressed": tally.suppressed,
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
                for sentence in missing_columns(snapshot, setup.targets, setup.prefer)
            ),
        )
        return Plan(
            id=new_id(),
            run=order.run,
            made_at=order.now,
            account=order.account,
            key_version=self.keys.version,
            full=order.full,
            export=order.export,
            snapshots=list(order.snapshots),
            counts=counts,
            unconverted=dict(self._unconverted),
            new=tally.new,
            changed=tally.changed,
            left=len(self.ledger) - tally.matched if not order.full else 0,
            automations=sum(
                count
                for count, kind in zip(chunks.counts, chunks.kinds, strict=True)
                if starts_automations(order.export.automations, kind)
            ),
            minutes=round(len(chunks) * order.limits.bulk_interval / 60, 2),
            findings=findings(facts, order.export.guards),
            chunks=chunks,
        )
