"""Confirming: asking what became of each batch, the oldest first.

ActiveCampaign imports asynchronously, and an accepted request proves nothing (API reference, bulk import).
"""

import heapq
from dataclasses import dataclass, field
from typing import Any

from shared.activecampaign.model import Outcome
from shared.contacts.addresses import normalise
from shared.errors import ActiveCampaignError
from shared.runs.account import KeyedAccount
from shared.runs.chunk_blobs import ChunkReader
from shared.runs.deliveries import Batch, Deliveries
from shared.runs.signals import Signals
from shared.runs.verdicts import for_outcome
from shared.runs.writing import LogWriter

_LINES_TOGETHER = 25
"""Outcomes kept back for one append; those lost in a crash are simply asked for again."""


@dataclass(slots=True)
class Confirmer:
    """Asks for outcomes when they are due: at the age of `first` seconds, then each time at twice the age."""

    account: KeyedAccount
    deliveries: Deliveries
    chunks: ChunkReader
    log: LogWriter
    signals: Signals
    first: float
    give_up: float
    """The age in seconds at which an undecided batch counts as unconfirmed."""
    _due: list[tuple[float, str]] = field(default_factory=list)
    _seen: int = 0
    _lines: list[dict[str, Any]] = field(default_factory=list)

    def next_due(self) -> float | None:
        """When the next batch is to be asked about, in epoch seconds; None when none is undecided."""
        for batch in self.deliveries.batches_from(self._seen):
            self._seen += 1
            if batch.state == "undecided":
                heapq.heappush(self._due, (batch.accepted_at + self.first, batch.id))
        return self._due[0][0] if self._due else None

    async def ask(self) -> None:
        """Asks about the batch that is due longest."""
        _, batch_id = heapq.heappop(self._due)
        batch = self.deliveries.batch(batch_id)
        try:
            outcome = await self.account.call(lambda client: client.outcome(batch_id))
        except ActiveCampaignError as error:
            await self._follow(batch, error)
        else:
            self.signals.answered()
            await self._note(batch, outcome)

    async def _follow(self, batch: Batch, error: ActiveCampaignError) -> None:
        match for_outcome(error):
            case "wait":
                heapq.heappush(self._due, (self.signals.now(), batch.id))
                self.signals.wait(error)
            case "undecided":
                self.signals.answered()
                await self._undecided(batch)
            case "raise":
                raise error

    async def flush(self) -> None:
        """Makes every outcome durable."""
        lines, self._lines = self._lines, []
        if lines:
            await self.log.write_all(lines)

    async def _note(self, batch: Batch, outcome: Outcome) -> None:
        if outcome.state == "undecided":
            await self._undecided(batch)
            return
        line: dict[str, Any] = {"batch": batch.id, "state": outcome.state}
        if outcome.state == "completed" and outcome.failures:
            line["failed"] = await self._places(batch, outcome.failures)
        await self._decide(batch, line)

    async def _undecided(self, batch: Batch) -> None:
        age = self.signals.now() - batch.accepted_at
        if age >= self.give_up:
            await self._decide(batch, {"batch": batch.id, "state": "unconfirmed"})
            return
        again = min(max(2 * age, self.first), self.give_up)
        heapq.heappush(self._due, (batch.accepted_at + again, batch.id))

    async def _decide(self, batch: Batch, line: dict[str, Any]) -> None:
        self.deliveries.fold_outcome(line)
        self.deliveries.queue_again(batch)
        self._lines.append(line)
        if len(self._lines) >= _LINES_TOGETHER:
            await self.flush()

    async def _places(self, batch: Batch, failures: tuple[str, ...]) -> list[int]:
        failed = {normalise(address) for address in failures}
        addresses = await self.chunks.addresses(batch.part.chunk)
        return [place for place in batch.part.contacts if addresses[place] in failed]
