"""What the requests themselves prove, noted apart from what the account made of them."""

import marshal
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tools.sandbox.addresses import key_of
from tools.sandbox.limits import MINUTE, SECOND

IMPORT = "POST import/bulk_import"
_CONTACT_MARK = b'"email"'
"""Counts the contacts of an import in its raw bytes: inside a value the quotes would be escaped."""


class Peak:
    """The most events in any window of `seconds` (half open: one at 0 s and one at 60 s share none)."""

    def __init__(self, seconds: float) -> None:
        self.highest = 0
        self._seconds = seconds
        self._stamps: deque[float] = deque()

    def add(self, now: float) -> None:
        """Count an event."""
        self._stamps.append(now)
        while now - self._stamps[0] >= self._seconds:
            self._stamps.popleft()
        self.highest = max(self.highest, len(self._stamps))


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedImport:
    """One accepted bulk import: when (sandbox seconds since 1970), its batch, contacts and body bytes."""

    time: float
    batch: str
    contacts: int
    queued: int
    bytes: int
    automations: bool


@dataclass(slots=True, kw_only=True)
class Repeat:
    """How often an address was accepted again, with the same contact or with another."""

    same: int = 0
    changed: int = 0


class Evidence:
    """Counts and maxima over every request since the start or the last reset."""

    def __init__(self) -> None:
        self.endpoints: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.over_limit: Counter[str] = Counter()
        self.early_requests = 0
        self.largest_body = 0
        self.largest_import = 0
        self.accepted: list[AcceptedImport] = []
        self.repeats: dict[str, Repeat] = {}
        self.requests_per_second = Peak(SECOND)
        self.imports_per_minute = Peak(MINUTE)
        self.singles_per_minute = Peak(MINUTE)
        self.in_flight = 0
        self.most_in_flight = 0
        self._content: dict[str, int] = {}
        self._not_before = 0.0

    def arrived(self, now: float, endpoint: str, body: bytes) -> None:
        """A request came in, whatever becomes of it."""
        self.endpoints[endpoint] += 1
        self.requests_per_second.add(now)
        self.early_requests += now < self._not_before
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.largest_body = max(self.largest_body, len(body))
        if endpoint == IMPORT:
            self._import_arrived(now, body.count(_CONTACT_MARK))

    def left(self, status: str) -> None:
        """The request was answered with this status, or lost (`dropped`, `hung`)."""
        self.in_flight -= 1
        self.statuses[status] += 1

    def asked_to_wait(self, now: float, seconds: float) -> None:
        """An answer carried Retry-After; whoever comes sooner is counted as early."""
        self._not_before = max(self._not_before, now + seconds)

    def import_accepted(self, line: AcceptedImport, contacts: Iterable[Any]) -> None:
        """A bulk import was queued with these contacts, as they stood in the request."""
        self.accepted.append(line)
        content = self._content
        for contact in contacts:
            key = key_of(contact["email"])
            # Version 2 of the format depends on values alone, not on how strings happen to be shared.
            digest = hash(marshal.dumps(contact, 2))
            before = content.setdefault(key, digest)
            if before is not digest:
                self._repeated(key, digest == before)
                content[key] = digest

    def times_accepted(self, address: str) -> int:
        """How often the address was in an accepted import."""
        key = key_of(address)
        repeat = self.repeats.get(key, Repeat())
        return (key in self._content) + repeat.same + repeat.changed

    @property
    def addresses(self) -> int:
        """How many different addresses were in accepted imports."""
        return len(self._content)

    def _import_arrived(self, now: float, contacts: int) -> None:
        peak = self.singles_per_minute if contacts == 1 else self.imports_per_minute
        peak.add(now)
        self.largest_import = max(self.largest_import, contacts)

    def _repeated(self, key: str, same: bool) -> None:
        repeat = self.repeats.setdefault(key, Repeat())
        if same:
            repeat.same += 1
        else:
            repeat.changed += 1

    def summary(self) -> dict[str, Any]:
        """The evidence as a JSON document; the README explains the keys."""
        return {
            "requests": self.endpoints.total(),
            "by_endpoint": dict(self.endpoints),
            "by_status": dict(self.statuses),
            "over_limit": self.over_limit.total(),
            "over_limit_by_kind": dict(self.over_limit),
            "early_requests": self.early_requests,
            "most_in_flight": self.most_in_flight,
            "most_requests_per_second": self.requests_per_second.highest,
            "most_imports_per_minute": self.imports_per_minute.highest,
            "most_single_imports_per_minute": self.singles_per_minute.highest,
            "largest_body": self.largest_body,
            "largest_import": self.largest_import,
            "batches_accepted": len(self.accepted),
            "contacts_accepted": sum(line.contacts for line in self.accepted),
            "addresses_accepted": self.addresses,
            "repeated_same": sum(repeat.same for repeat in self.repeats.values()),
            "repeated_changed": sum(repeat.changed for repeat in self.repeats.values()),
        }
