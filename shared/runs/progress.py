"""How far delivery is, how fast, and how long it will still take."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.activecampaign.schedule import Limits
from shared.plans.plan import Plan
from shared.runs.deliveries import Deliveries
from shared.runs.run import Progress

_WINDOW = 60.0
"""Seconds over which the rate is measured."""


@dataclass(slots=True)
class Rate:
    """Contacts per minute over the last minute of this slice."""

    clock: Callable[[], float]
    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    def sample(self, contacts: int) -> float | None:
        """The rate, `contacts` being accepted so far; None before there is anything to compare."""
        now = self.clock()
        self._samples.append((now, contacts))
        while now - self._samples[0][0] > _WINDOW:
            self._samples.popleft()
        first, before = self._samples[0]
        return (contacts - before) / (now - first) * 60 if now > first else None


def progress(deliveries: Deliveries, plan: Plan, rate: Rate, limits: Limits) -> Progress:
    """The progress to be noted; with rate and estimate (at the account's pace) while something is sent."""
    accepted = deliveries.chunks_accepted()
    contacts = deliveries.contacts_accepted()
    is_sending = accepted < len(plan.chunks)
    return Progress(
        chunks=len(plan.chunks),
        chunks_accepted=accepted,
        contacts_accepted=contacts,
        batches_undecided=len(deliveries.undecided()),
        contacts_per_minute=rate.sample(contacts) if is_sending else None,
        seconds_left=(len(plan.chunks) - accepted) * limits.bulk_interval if is_sending else None,
    )
