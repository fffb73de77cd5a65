"""What must hold when everything is over, judged from the sandbox's evidence and the runs' own reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.scene import CHUNK, adds_up

CHUNKS_A_KILL = 3
"""What a process that dies may have sent without noting it, as many as it has in flight."""
LARGEST_BODY = 399_999
"""Bytes (ActiveCampaign API reference, bulk import: below 400,000)."""
LIMITS = {
    "most_requests_per_second": 5,
    "most_imports_per_minute": 100,
    "most_single_imports_per_minute": 20,
    "largest_import": CHUNK,
    "largest_body": LARGEST_BODY,
}
"""The most that an account may have seen, in any window; by the evidence's own names."""

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What became of one export: who should be on the list, who is, and what the runs say."""

    wanted: frozenset[str]
    opted_out: frozenset[str]
    active: frozenset[str]
    runs: Sequence[Json]
    """Those that ended before the last one, which had nothing left to do."""
    last: Json | None = None
    """None where no other run was started."""
    sent_last: int = 0
    """Contacts that ActiveCampaign accepted during the last one."""

    @property
    def reports(self) -> list[Json]:
        """Of all runs."""
        return [*self.runs, self.last] if self.last else list(self.runs)

    @property
    def delivered(self) -> int:
        """Of those who should be on the list, how many are."""
        return len(self.wanted & self.active)


def broken_promises(facts: Facts) -> list[str]:
    """What does not hold of one export, in words; nothing where all is well."""
    found = [
        (int(not facts.wanted), "exports expected nobody, which shows nothing"),
        (len(facts.wanted - facts.active), "contacts are missing"),
        (len(facts.opted_out & facts.active), "people who opted out are active"),
        (len(facts.active - facts.wanted - facts.opted_out), "strangers are on the list"),
        (sum(not adds_up(run) for run in facts.reports), "reports do not add up"),
        (abs(_total(facts, "imported") - facts.delivered), "contacts are reported otherwise than imported"),
        (abs(_total(facts, "failed") - len(facts.opted_out)), "failures are reported otherwise than made"),
        (facts.last["counts"]["planned"] if facts.last else 0, "contacts are planned again"),
        (facts.sent_last, "contacts are sent again"),
    ]
    return [f"{count} {words}" for count, words in found if count]


def broken_limits(evidence: Json) -> list[str]:
    """Which limits an account saw broken, in words."""
    over = [f"{name} {evidence[name]} of {most}" for name, most in LIMITS.items() if evidence[name] > most]
    refused = [
        f"{evidence[name]} {words}"
        for name, words in (
            ("over_limit", "requests over a limit"),
            ("early_requests", "requests before Retry-After was over"),
            ("resubscribed", "people put back on a list they left"),
        )
        if evidence[name]
    ]
    return over + refused


def sent_twice(evidence: Json) -> int:
    """Contacts that were accepted again."""
    return int(evidence["repeated_same"] + evidence["repeated_changed"])


def _total(facts: Facts, count: str) -> int:
    return sum(run["counts"][count] for run in facts.reports)
