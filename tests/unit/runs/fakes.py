"""The outer ends of a run's slice: ActiveCampaign, the log, the staged chunks and the account's pacing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from shared.activecampaign.client import ActiveCampaign
from shared.activecampaign.model import Accepted, Outcome
from shared.activecampaign.wire import decode_bulk_body
from shared.errors import SegmentExportError
from shared.plans.chunks import Kind, Staged, encode_chunk
from shared.plans.plan import ChunkIndex
from shared.runs.account import KeyedAccount
from shared.runs.chunk_blobs import ChunkReader
from shared.runs.deliveries import Deliveries
from shared.runs.signals import Signals
from shared.runs.writing import LogWriter
from tests.builders import planned
from tests.unit.plans.memory import Container

type Line = dict[str, Any]
type Answer = SegmentExportError | Outcome | None
"""What a call raises or gives; None is whatever a good day brings."""


@dataclass(slots=True)
class Account:
    """ActiveCampaign's client: answers in the order given, then well, and remembers what it was asked."""

    answers: list[Answer] = field(default_factory=list)
    decide: Callable[[Sequence[bytes]], SegmentExportError | None] = lambda contacts: None
    """Refuses an import by its contacts."""
    guard: Callable[[], None] = lambda: None
    """Called right before a request leaves."""
    latency: float = 0.0
    posts: list[list[bytes]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def import_contacts(self, body: bytes, count: int) -> Accepted:
        self.guard()
        contacts = decode_bulk_body(body)
        assert len(contacts) == count
        self.posts.append(contacts)
        self.bodies.append(body)
        batch = f"batch-{len(self.posts)}"
        await self._answer()
        if refusal := self._next() or self.decide(contacts):
            assert isinstance(refusal, SegmentExportError)
            raise refusal
        return Accepted(batch_id=batch, queued=count)

    async def outcome(self, batch_id: str) -> Outcome:
        self.guard()
        self.asked.append(batch_id)
        answer = self._next()
        if isinstance(answer, SegmentExportError):
            raise answer
        return answer or Outcome(state="completed")

    async def _answer(self) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(self.latency)
        self.under_way -= 1

    def _next(self) -> Answer:
        return self.answers.pop(0) if self.answers else None

    def keyed(self) -> KeyedAccount:
        """The account as runs see it."""

        async def open_client(fresh: bool) -> ActiveCampaign:
            return cast(ActiveCampaign, self)

        return KeyedAccount(open_client)


@dataclass(slots=True)
class Log:
    """A log in memory; `foreign` lines are found on the way.

    `refusals` are raised by appends, one each, None being a success.
    """

    lines: list[Line] = field(default_factory=list)
    appends: list[int] = field(default_factory=list)
    refusals: list[SegmentExportError | None] = field(default_factory=list)
    foreign: list[Line] = field(default_factory=list)

    async def append(self, lines: Sequence[Line]) -> list[Line]:
        written = list(lines)
        await asyncio.sleep(0)
        if self.refusals and (refusal := self.refusals.pop(0)):
            raise refusal
        self.lines += written
        self.appends.append(len(written))
        found, self.foreign = self.foreign, []
        return found


@dataclass(slots=True)
class Slice:
    """What posting and confirming need, for chunks of so many contacts; times are epoch seconds."""

    counts: Sequence[int]
    kinds: Sequence[Kind] = ()
    exclude_automations: bool = True
    now: float = 1_000.0
    account: Account = field(default_factory=Account)
    log: Log = field(default_factory=Log)
    outcomes: Log = field(default_factory=Log)
    pauses: list[float] = field(default_factory=list)
    deliveries: Deliveries = field(init=False)
    signals: Signals = field(init=False)
    index: ChunkIndex = field(init=False)
    chunks: ChunkReader = field(init=False)

    def __post_init__(self) -> None:
        self.deliveries = Deliveries(self.counts)
        self.deliveries.queue_remaining()
        self.signals = Signals(
            still_ours=lambda: None, pause=self.pauses.append, now=lambda: self.now, chance=lambda: 1.0
        )
        container = Container()
        self.index = staged(container, self.counts, self.kinds, exclude_automations=self.exclude_automations)
        self.chunks = ChunkReader(container.store(), "chunks", self.index)

    @property
    def delivery_log(self) -> LogWriter:
        return LogWriter(self.log, self.deliveries.fold_delivery)

    @property
    def outcome_log(self) -> LogWriter:
        return LogWriter(self.outcomes, self.deliveries.fold_outcome)


def address(chunk: int, place: int) -> str:
    return f"c{chunk}-p{place}@example.com"


def staged(
    container: Container, counts: Sequence[int], kinds: Sequence[Kind], *, exclude_automations: bool
) -> ChunkIndex:
    """Writes chunks of so many contacts each to the blob `chunks`."""
    data, chunks = b"", list[Staged]()
    for chunk, count in enumerate(counts):
        contacts = [planned(address(chunk, place), row=place + 1) for place in range(count)]
        body, sources = encode_chunk(contacts, exclude_automations=exclude_automations)
        kind = kinds[chunk] if kinds else "plain"
        chunks.append(Staged(kind=kind, count=count, offset=len(data), body=len(body), sources=len(sources)))
        data += body + b"\n" + sources + b"\n"
    container.get_blob_client("chunks").data = data
    return ChunkIndex.of(chunks)


def folded(
    counts: Sequence[int], delivery_lines: Sequence[Line], outcome_lines: Sequence[Line]
) -> Deliveries:
    """What a slice finds in the logs of a plan whose chunks have so many contacts."""
    deliveries = Deliveries(counts)
    for line in delivery_lines:
        deliveries.fold_delivery(line)
    for line in outcome_lines:
        deliveries.fold_outcome(line)
    return deliveries
