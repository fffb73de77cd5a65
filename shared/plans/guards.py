"""Guards: what is noticed in a plan before anything is sent."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.exports.export import Guards
from shared.runs.run import Counts, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many contacts the account may hold and holds."""

    limit: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the guards look at."""

    counts: Counts
    new: int
    previous: int | None
    """Contacts of the plan delivered before, None for a first run."""
    allowance: Allowance | None
    missing_columns: tuple[str, ...]
    """Sentences, one per mapped column that a segment does not have."""


def findings(facts: Facts, guards: Guards) -> list[Finding]:
    """Everything that is noticed, what holds the plan first."""
    found = [*_size(facts, guards), *_quality(facts, guards), *_allowance(facts)]
    return sorted(found, key=lambda finding: not finding.holds)


def _size(facts: Facts, guards: Guards) -> Iterator[Finding]:
    contacts, previous = facts.counts.contacts, facts.previous
    if facts.counts.read > guards.row_cap:
        yield _hold("row_cap", f"{facts.counts.read:,} rows are more than the cap of {guards.row_cap:,}")
    if contacts == 0:
        yield _warn("empty", "the segments hold no usable contact")
    if previous is None:
        return
    growth = contacts - previous
    if growth > guards.growth_contacts and contacts > previous * guards.growth_factor:
        yield _hold("growth", f"the segments grew from {previous:,} to {contacts:,} contacts")
    if contacts and contacts < previous * guards.shrink_factor:
        yield _warn("shrinkage", f"the segments shrank from {previous:,} to {contacts:,} contacts")


def _quality(facts: Facts, guards: Guards) -> Iterator[Finding]:
    counts = facts.counts
    for sentence in facts.missing_columns:
        yield _hold("column_missing", sentence)
    if counts.read and counts.rejected / counts.read > guards.rejected_share:
        share, allowed = counts.rejected / counts.read, guards.rejected_share
        yield _hold(
            "rejections", f"{counts.rejected:,} rows are rejected: {share:.1%} where {allowed:.0%} is allowed"
        )


def _allowance(facts: Facts) -> Iterator[Finding]:
    if facts.allowance is None:
        yield _warn("allowance_unknown", "ActiveCampaign does not tell how many contacts are allowed")
        return
    free = max(facts.allowance.limit - facts.allowance.total, 0)
    if facts.new > free:
        yield _hold(
            "allowance",
            f"{facts.new:,} contacts are new to this export and the account has room for {free:,}",
        )


def _hold(code: str, message: str) -> Finding:
    return Finding(code=code, message=message, holds=True)


def _warn(code: str, message: str) -> Finding:
    return Finding(code=code, message=message, holds=False)
