"""A queued import: what it will write, when, and what came of it."""

from dataclasses import dataclass, field
from typing import Literal

from tools.sandbox.entries import Entry

type Outcome = Literal["completed", "failed", "interrupted"]
type Stage = Literal["false", "waiting", "claimed", "active"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How a batch is to end: `written` is the part of its contacts (0 to 1) that is written before.

    With `stays` it never ends and shows that stage for ever.
    """

    outcome: Outcome = "completed"
    written: float = 1.0
    stays: Stage | None = None


@dataclass(slots=True, kw_only=True)
class Batch:
    """One accepted import. Its moments are fixed when it is queued, so its state is a question of time."""

    id: str
    size: int
    accepted: float
    claimed: float
    starts: float
    ends: float
    automations: bool
    fate: Fate
    entries: list[Entry]
    success: list[int] = field(default_factory=list)
    failure: list[str] = field(default_factory=list)

    def status(self, now: float, undecided_seconds: float) -> str | Literal[False]:
        """What import/info says of it (API reference, bulk import, status of one batch)."""
        stage = self.fate.stays or self._stage(now)
        if stage == "false" or now < self.accepted + undecided_seconds:
            return False
        return stage

    def over(self, now: float) -> bool:
        """Whether nothing more will be written."""
        return now >= self.ends

    def _stage(self, now: float) -> str:
        if now >= self.ends:
            return self.fate.outcome
        if now >= self.starts:
            return "active"
        return "claimed" if now >= self.claimed else "waiting"
