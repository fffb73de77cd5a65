"""When the next request of each kind may go: arithmetic on moments, without a clock of its own.

The limits are ActiveCampaign's (API reference, rate limits and bulk import): per account 5 requests a second
over everything, 100 imports a minute, 20 a minute for imports of one contact. Nothing says whether an import
of one contact also counts as one of the 100, nor whether imports count as requests: both are assumed.
"""

from collections.abc import Container
from dataclasses import dataclass
from enum import Enum
from typing import Self

from shared.activecampaign.retry_after import LONGEST

BULK_SHARE = 0.986
"""Of the imports per minute: 98.6 of 100, so that a post may be 0.7 s late and no minute holds 101."""
SINGLE_SHARE = 0.95
REQUEST_SHARE = 0.72
"""Of the requests per second: 3.6 of 5, so that five in a second need 0.1 s of jitter; the rest is for the
account's other programs."""

SLACK_SHARE = 0.16
"""Of an interval, that a late wake-up may make good (0.1 s between imports); anything beyond is lost, so that
lateness makes no bursts."""


class Kind(Enum):
    """What a request counts as."""

    BULK = "bulk"
    SINGLE = "single"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the account allows; ValueError unless all are above 0."""

    bulk_per_minute: float = 100
    single_per_minute: float = 20
    requests_per_second: float = 5

    def __post_init__(self) -> None:
        if not min(self.bulk_per_minute, self.single_per_minute, self.requests_per_second) > 0:
            raise ValueError("a limit of requests must be above 0")

    @property
    def request_interval(self) -> float:
        """Seconds between any two requests."""
        return 1 / (self.requests_per_second * REQUEST_SHARE)

    @property
    def bulk_interval(self) -> float:
        """Seconds between two imports: always long enough for another request between them."""
        return max(60 / (self.bulk_per_minute * BULK_SHARE), (2 + SLACK_SHARE) * self.request_interval)

    @property
    def single_interval(self) -> float:
        """Seconds between two imports of one contact."""
        return 60 / (self.single_per_minute * SINGLE_SHARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingState:
    """The earliest moments of the next requests, in epoch seconds; no `paused_until` where nothing pauses."""

    bulk_due: float
    single_due: float
    request_due: float
    paused_until: float | None = None


@dataclass(slots=True, kw_only=True)
class Schedule:
    """The earliest moments of the next requests on one clock (seconds from anywhere)."""

    limits: Limits
    bulk_due: float
    single_due: float
    request_due: float
    paused_until: float

    @classmethod
    def restored(
        cls, limits: Limits, state: PacingState | None, *, now: float, wall_now: float, fresh: bool
    ) -> Self:
        """Goes on where `state` ended.

        Unless it is `fresh`, its owner may have sent more before it died, but nothing after `now`. Requests
        are evenly spaced, so it is enough to let one whole interval pass from now: no count of the last
        minute is needed. No moment is further away than that, however wrong the clock that wrote it.
        Without a `state` nothing was asked of the account before.
        """
        saved = state or PacingState(bulk_due=wall_now, single_due=wall_now, request_due=wall_now)
        shift = now - wall_now

        def due(moment: float, interval: float) -> float:
            return min(moment + shift, now + interval) if fresh else now + interval

        return cls(
            limits=limits,
            bulk_due=due(saved.bulk_due, limits.bulk_interval),
            single_due=due(saved.single_due, limits.single_interval),
            request_due=due(saved.request_due, limits.request_interval),
            paused_until=now
            if saved.paused_until is None
            else min(saved.paused_until + shift, now + LONGEST),
        )

    def state(self, *, now: float, wall_now: float) -> PacingState:
        """The moments in epoch seconds."""
        shift = wall_now - now
        return PacingState(
            bulk_due=self.bulk_due + shift,
            single_due=self.single_due + shift,
            request_due=self.request_due + shift,
            paused_until=self.paused_until + shift if self.paused_until > now else None,
        )

    def pause(self, until: float) -> None:
        """Nothing goes before `until`."""
        self.paused_until = max(self.paused_until, until)

    def wait(self, kind: Kind, now: float, waiting: Container[Kind]) -> float:
        """The seconds until a request of `kind` should look again; 0 where it may go now.

        `waiting` are the other kinds that also want to go. An import of one contact goes before other
        imports, being allowed so rarely; an import goes before any other request.
        """
        due = max(self.paused_until, self._due(kind))
        if due > now:
            return due - now
        reserved = self._reserved(kind, now, waiting)
        if reserved is None or (kind is Kind.OTHER and self._next_request(now) <= reserved):
            return 0.0
        return max(reserved - now, 0.0) + self.limits.request_interval

    def take(self, kind: Kind, now: float) -> None:
        """A request of `kind` goes now."""
        self.request_due = self._next_request(now)
        if kind is not Kind.OTHER:
            self.bulk_due = _next(self.bulk_due, now, self.limits.bulk_interval)
        if kind is Kind.SINGLE:
            self.single_due = _next(self.single_due, now, self.limits.single_interval)

    def _next_request(self, now: float) -> float:
        """When the next request of any kind may go, if one goes now."""
        return _next(self.request_due, now, self.limits.request_interval)

    def _due(self, kind: Kind) -> float:
        if kind is Kind.OTHER:
            return self.request_due
        own = self.single_due if kind is Kind.SINGLE else self.bulk_due
        return max(self.request_due, self.bulk_due, own)

    def _reserved(self, kind: Kind, now: float, waiting: Container[Kind]) -> float | None:
        """The moment kept free for somebody who goes before `kind`, None without one.

        While imports are being made the next one is expected when it is due, even if it is not there yet.
        """
        single = max(self.bulk_due, self.single_due) if Kind.SINGLE in waiting else None
        if kind is Kind.BULK:
            return single if single is not None and single <= now else None
        if kind is Kind.OTHER and (Kind.BULK in waiting or self.bulk_due > now):
            return self.bulk_due
        return single if kind is Kind.OTHER else None


def _next(due: float, now: float, interval: float) -> float:
    """When the next one is due, if one goes now that was due at `due`."""
    return max(due, now - SLACK_SHARE * interval) + interval
