"""How long an answer asks to wait."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0
"""Seconds. Accounts in maintenance may name days (seen in ActiveCampaign's WooCommerce plugin): ask daily."""


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """The wait in seconds (0 to `LONGEST`) of a Retry-After header (RFC 9110, 10.2.3), None without one.

    A date counts from the answer's own Date, and only without one from `now` (epoch seconds), so that a
    clock that is wrong here does not matter. Header names are lower case.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return seconds(float(text[:9]))
    at = _epoch(text)
    if at is None:
        return None
    sent = _epoch(headers.get("date", ""))
    return seconds(at - (now if sent is None else sent))


def seconds(wait: float) -> float:
    """`wait` within 0 to `LONGEST`; 0 for one that is no number."""
    return min(max(0.0, wait), LONGEST)


def _epoch(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return _utc(moment).timestamp()


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
