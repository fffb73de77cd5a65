"""The queue of imports and the workers that empty it, as a timetable instead of background tasks."""

import heapq
import math
import uuid
from collections import Counter
from collections.abc import Iterable
from random import Random

from tools.sandbox.batches import Batch, Fate
from tools.sandbox.clock import account_date
from tools.sandbox.directory import Directory
from tools.sandbox.entries import Entry
from tools.sandbox.knobs import Knobs, Span
from tools.sandbox.writing import Writer

_WINDOW = 7 * 86_400.0
"""How long a completed batch is counted in the aggregate status, seconds."""


class Imports:
    """Accepted batches. Call `settle` before looking: it writes what is over by then, in order of ending."""

    def __init__(self, random: Random) -> None:
        self.batches: dict[str, Batch] = {}
        self.automations = 0
        """Memberships made by imports that did not exclude automations."""
        self._random = random
        self._free: list[float] = []
        self._due: list[tuple[float, int, Batch]] = []

    def accept(
        self, entries: list[Entry], knobs: Knobs, now: float, *, automations: bool, fate: Fate
    ) -> Batch:
        """Queue a batch: the worker that is free first takes it when its start delay is over."""
        starts, ends = self._timetable(len(entries), knobs, now, fate)
        batch = Batch(
            id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            size=len(entries),
            accepted=now,
            claimed=(now + starts) / 2,
            starts=starts,
            ends=ends,
            automations=automations,
            fate=fate,
            entries=entries,
        )
        self.batches[batch.id] = batch
        if ends < math.inf:
            heapq.heappush(self._due, (ends, len(self.batches), batch))
        return batch

    def settle(self, directory: Directory, knobs: Knobs, now: float) -> None:
        """Write every batch that has ended by now."""
        while self._due and self._due[0][0] <= now:
            ends, _, batch = heapq.heappop(self._due)
            writer = Writer(directory, knobs, ends)
            writer.write(batch)
            batch.entries = []
            self.automations += writer.automations * batch.automations

    def finish(self, directory: Directory, knobs: Knobs, now: float) -> None:
        """Let every batch that can end do so now."""
        for _, _, batch in self._due:
            batch.claimed, batch.starts, batch.ends = (
                min(moment, now) for moment in (batch.claimed, batch.starts, batch.ends)
            )
        self._due = [(batch.ends, sequence, batch) for _, sequence, batch in self._due]
        heapq.heapify(self._due)
        self._free = []
        self.settle(directory, knobs, now)

    def aggregate(self, now: float) -> dict[str, list[dict[str, str]]]:
        """Sums per day of what is outstanding and of what completed in the last seven days."""
        batches = self.batches.values()
        completed = [
            batch
            for batch in batches
            if batch.over(now) and batch.fate.outcome == "completed" and now - batch.ends < _WINDOW
        ]
        return {
            "outstanding": _by_day(batch for batch in batches if not batch.over(now)),
            "recentlyCompleted": _by_day(completed),
        }

    def _timetable(self, size: int, knobs: Knobs, now: float, fate: Fate) -> tuple[float, float]:
        ready = now + draw(self._random, knobs.start_delay)
        if fate.stays is not None:
            return ready, math.inf
        free = heapq.heappop(self._free) if len(self._free) >= knobs.workers else now
        starts = max(ready, free)
        ends = starts + size / max(draw(self._random, knobs.drain_rate), 1e-9)
        heapq.heappush(self._free, ends)
        return starts, ends


def draw(random: Random, span: Span) -> float:
    """A number between the span's ends."""
    return random.uniform(*span)


def _by_day(batches: Iterable[Batch]) -> list[dict[str, str]]:
    counts: Counter[str] = Counter()
    contacts: Counter[str] = Counter()
    for batch in batches:
        day = account_date(batch.accepted)
        counts[day] += 1
        contacts[day] += batch.size
    return [
        {"forDate": day, "batches": str(counts[day]), "contacts": str(contacts[day])}
        for day in sorted(counts)
    ]
