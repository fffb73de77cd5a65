"""What is sent and what became of it, folded from a run's two logs.

A delivery line says that a batch was accepted, or that ActiveCampaign refused single contacts; an outcome
line says what a batch ended as. Both are facts: folding a log twice, or in another order, gives the same.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any, Literal

MAX_ATTEMPTS = 3
"""A batch that failed is sent again, at most twice."""

Fate = Literal["imported", "failed", "refused", "unconfirmed", "unsent"]
BatchState = Literal["undecided", "completed", "failed", "interrupted", "unconfirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Contacts of one chunk that go in one request, by their places in the chunk."""

    chunk: int
    contacts: tuple[int, ...]
    attempt: int = 1
    replaces: str | None = None
    """The failed batch whose contacts these are."""

    def without(self, places: Iterable[int]) -> "Part":
        """The part less these contacts."""
        dropped = set(places)
        left = tuple(place for place in self.contacts if place not in dropped)
        return Part(chunk=self.chunk, contacts=left, attempt=self.attempt, replaces=self.replaces)

    def halves(self) -> tuple["Part", "Part"]:
        """Two parts of about the same size."""
        middle = len(self.contacts) // 2
        first, second = self.contacts[:middle], self.contacts[middle:]
        return self.without(second), self.without(first)


@dataclass(slots=True, kw_only=True)
class Batch:
    """A request that ActiveCampaign accepted."""

    id: str
    part: Part
    accepted_at: float
    state: BatchState = "undecided"
    failed: tuple[int, ...] = ()
    """Places in the chunk of the contacts that were not imported."""


@dataclass(slots=True)
class _Chunk:
    refused: dict[int, str] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)

    def accepted(self, count: int) -> Collection[int]:
        """The places, of so many, that were accepted at least once."""
        if any(len(batch.part.contacts) == count for batch in self.batches):
            return _all(count)
        return {place for batch in self.batches for place in batch.part.contacts}

    def covered(self, count: int) -> Collection[int]:
        """The places, of so many, that were accepted or refused at least once."""
        accepted = self.accepted(count)
        return accepted if len(accepted) == count else self.refused.keys() | accepted


class Deliveries:
    """The state of delivering a plan whose chunks have these many contacts."""

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = counts
        self._chunks: dict[int, _Chunk] = {}
        self._batches: dict[str, Batch] = {}
        self._replaced: dict[str, set[int]] = {}
        self._queue: deque[Part] = deque()
        self._resend: deque[Part] = deque()

    # what the logs say

    def fold_delivery(self, line: dict[str, Any]) -> None:
        """Takes a line of the delivery log."""
        chunk = self._chunks.setdefault(line["chunk"], _Chunk())
        for place, reason in line.get("refused", {}).items():
            chunk.refused[int(place)] = min(reason, chunk.refused.get(int(place), reason))
        if "batch" not in line or line["batch"] in self._batches:
            return
        places = tuple(line["contacts"]) if "contacts" in line else _all(self._counts[line["chunk"]])
        part = Part(chunk=line["chunk"], contacts=places, attempt=line.get("attempt", 1))
        state: BatchState = "failed" if line["batch"] in self._replaced else "undecided"
        batch = Batch(id=line["batch"], part=part, accepted_at=line["at"], state=state)
        self._batches[batch.id] = batch
        chunk.batches.append(batch)
        if replaced := line.get("replaces"):
            self._replace(replaced, places)

    def fold_outcome(self, line: dict[str, Any]) -> None:
        """Takes a line of the outcome log."""
        batch = self._batches.get(line["batch"])
        if batch is None or batch.state in ("completed", "failed", "interrupted"):
            return
        batch.state = line["state"]
        batch.failed = tuple(line.get("failed", ()))

    def accepted_line(self, part: Part, batch: str, now: float) -> dict[str, Any]:
        """The line that says that a part was accepted as this batch."""
        line: dict[str, Any] = {"chunk": part.chunk, "batch": batch, "at": now}
        if len(part.contacts) < self._counts[part.chunk]:
            line["contacts"] = list(part.contacts)
        if part.replaces:
            line |= {"attempt": part.attempt, "replaces": part.replaces}
        return line

    # what is to be sent

    def queue_remaining(self) -> None:
        """Queues everything that no log line covers, and every failed batch that may be sent again."""
        self._queue = deque(self._remaining())
        self._resend.clear()
        for batch in self._batches.values():
            self.queue_again(batch)

    def queue_again(self, batch: Batch) -> None:
        """Queues a failed batch once more, unless it was sent often enough."""
        if again := self._unfinished(batch):
            part = batch.part
            self._resend.append(
                Part(chunk=part.chunk, contacts=again, attempt=part.attempt + 1, replaces=batch.id)
            )

    def take(self) -> Part | None:
        """The next part to send; what failed before goes last."""
        return (self._queue or self._resend).popleft() if self.sendable else None

    def give_back(self, *parts: Part) -> None:
        """Parts to be taken again, next."""
        self._queue.extendleft(reversed([part for part in parts if part.contacts]))

    @property
    def sendable(self) -> bool:
        """Whether something can be taken."""
        return bool(self._queue or self._resend)

    def undecided(self) -> list[Batch]:
        """Batches whose outcome is not known, in the order of their acceptance."""
        return [batch for batch in self._batches.values() if batch.state == "undecided"]

    def batches_from(self, number: int) -> Iterator[Batch]:
        """All batches in the order in which they were folded, from this number on."""
        return islice(self._batches.values(), number, None)

    def batch(self, batch: str) -> Batch:
        """The batch of this id."""
        return self._batches[batch]

    # how far it is

    @property
    def anything_sent(self) -> bool:
        """Whether ActiveCampaign saw a single contact."""
        return bool(self._chunks)

    @property
    def marks(self) -> int:
        """Grows with everything that is achieved."""
        decided = sum(batch.state != "undecided" for batch in self._batches.values())
        return len(self._batches) + decided + sum(len(c.refused) for c in self._chunks.values())

    @property
    def first_accepted_at(self) -> datetime | None:
        """When the first request was accepted."""
        return _time(min((batch.accepted_at for batch in self._batches.values()), default=None))

    @property
    def last_accepted_at(self) -> datetime | None:
        """When the latest request was accepted."""
        return _time(max((batch.accepted_at for batch in self._batches.values()), default=None))

    def chunks_accepted(self) -> int:
        """Chunks of which nothing is left to send for the first time."""
        counts = self._counts
        return sum(len(chunk.covered(counts[at])) == counts[at] for at, chunk in self._chunks.items())

    def contacts_accepted(self) -> int:
        """Contacts that were accepted at least once."""
        return sum(len(chunk.accepted(self._counts[at])) for at, chunk in self._chunks.items())

    def fates(self, number: int) -> list[tuple[Fate, str]]:
        """What became of each contact of a chunk, with the reason where it did not arrive."""
        fates = [_UNSENT] * self._counts[number]
        chunk = self._chunks.get(number, _Chunk())
        for batch in chunk.batches:
            fate, failed = _fate(batch), set(batch.failed)
            for place in batch.part.contacts:
                here = _IMPORT_FAILED if place in failed else fate
                fates[place] = max(fates[place], here, key=_BETTER.__getitem__)
        for place, reason in chunk.refused.items():
            fates[place] = ("refused", reason)
        return fates

    def tally(self) -> dict[str, int]:
        """How many contacts have which fate, over all chunks."""
        tally: dict[str, int] = dict.fromkeys(("imported", "failed", "refused", "unconfirmed", "unsent"), 0)
        for number, count in enumerate(self._counts):
            chunk = self._chunks.get(number)
            if chunk is None:
                tally["unsent"] += count
            elif plain := _plain(chunk, count):
                tally[plain] += count
            else:
                for fate, _ in self.fates(number):
                    tally[fate] += 1
        return tally

    def _remaining(self) -> Iterator[Part]:
        for number, count in enumerate(self._counts):
            if number not in self._chunks:
                yield Part(chunk=number, contacts=_all(count))
                continue
            covered = self._chunks[number].covered(count)
            if left := tuple(place for place in range(count) if place not in covered):
                yield Part(chunk=number, contacts=left)

    def _replace(self, batch: str, places: Iterable[int]) -> None:
        """These contacts of a batch were sent again, so it had failed, even if that line was lost."""
        self._replaced.setdefault(batch, set()).update(places)
        found = self._batches.get(batch)
        if found and found.state in ("undecided", "unconfirmed"):
            found.state = "failed"

    def _unfinished(self, batch: Batch) -> tuple[int, ...]:
        """The contacts of a failed batch that are to be sent again and were not yet."""
        if batch.state not in ("failed", "interrupted") or batch.part.attempt >= MAX_ATTEMPTS:
            return ()
        fates, replaced = self.fates(batch.part.chunk), self._replaced.get(batch.id, ())
        return tuple(
            place for place in batch.part.contacts if fates[place] == _BATCH_FAILED and place not in replaced
        )


_UNSENT: tuple[Fate, str] = ("unsent", "unsent")
_BATCH_FAILED: tuple[Fate, str] = ("failed", "batch_failed")
_IMPORT_FAILED: tuple[Fate, str] = ("failed", "import_failed")
_UNCONFIRMED: tuple[Fate, str] = ("unconfirmed", "unconfirmed")
_IMPORTED: tuple[Fate, str] = ("imported", "")
_BETTER = {
    fate: rank for rank, fate in enumerate((_UNSENT, _BATCH_FAILED, _IMPORT_FAILED, _UNCONFIRMED, _IMPORTED))
}
"""Of several batches that held a contact the best counts, in whatever order they were folded."""


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@cache
def _all(count: int) -> tuple[int, ...]:
    return tuple(range(count))


def _fate(batch: Batch) -> tuple[Fate, str]:
    match batch.state:
        case "completed":
            return _IMPORTED
        case "failed" | "interrupted":
            return _BATCH_FAILED
        case _:
            return _UNCONFIRMED


def _plain(chunk: _Chunk, count: int) -> Fate | None:
    """The fate of all contacts of a chunk that went in one batch without exception."""
    if chunk.refused or len(chunk.batches) != 1:
        return None
    batch = chunk.batches[0]
    return None if batch.failed or len(batch.part.contacts) != count else _fate(batch)[0]
