"""What a fixed time that has come leads to, where no run of the export is under way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.runs.run import Run

_DELIVERED = ("successful", "completed_with_warnings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known when the time has come."""

    due_at: datetime
    news: bool
    """Whether a segment has a snapshot that was not planned yet."""
    held: Run | None
    """The run that waits for approval."""
    last: Run | None
    """The newest run that was no dry one."""
    changed_at: datetime
    """When somebody last changed the export."""
    full_is_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A run starts, is recorded as skipped, or another run has done its work (`fold`)."""

    action: Literal["start", "fold", "skip"]
    reason: str = ""


def verdict(situation: Situation) -> Verdict:
    """A run that could do nothing is skipped; one that others made needless is folded into theirs."""
    if situation.news:
        return Verdict(action="start")
    if situation.held:
        return Verdict(action="fold", reason=f"run {situation.held.id} waits for approval")
    last = situation.last
    if last is None:
        return Verdict(action="start")
    if last.state != "skipped" and (last.ended_at or last.queued_at) >= situation.due_at:
        return Verdict(action="fold", reason=f"run {last.id} was under way")
    if situation.full_is_due or situation.changed_at > last.queued_at or not _is_settled(last):
        return Verdict(action="start")
    since = last.reason if last.state == "skipped" else None
    return Verdict(action="skip", reason=since or f"no new snapshot since run {last.id}")


def _is_settled(last: Run) -> bool:
    """Whether it delivered, or found its snapshots delivered: a skipped run then has them."""
    return last.state in _DELIVERED or (last.state == "skipped" and bool(last.snapshots))
