"""Why an import was refused as a whole: a limit, some of its contacts, or the request itself.

Facts: ActiveCampaign API reference, bulk import. One invalid contact refuses all of a request; the documented
limit of imports per minute is a 400 too. Contacts are counted from 1 (recorded).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.activecampaign.replies import JsonObject
from shared.errors import ActiveCampaignError, ContactsRefused, RateLimited, RequestRefused, RequestTooLarge

BULK_LIMIT_WAIT = 60.0
"""Seconds; the limit of imports is per minute."""

_LIMIT = re.compile(r"rate limit|per minute", re.IGNORECASE)
_SIZE = re.compile(r"too (large|big|many)|\d bytes", re.IGNORECASE)
_EMAIL_ADDRESS = re.compile(r"[^\s\"'<>]+@[^\s\"'<>]+")


def refused_import(found: JsonObject, *, count: int, wait: float | None) -> ActiveCampaignError:
    """The error of a refusal's JSON, for a request of `count` contacts; `wait` is its Retry-After."""
    reasons = found.get("failureReasons")
    reasons = reasons if isinstance(reasons, list) else []
    general = " ".join([str(found.get("message")), *(text for text in reasons if isinstance(text, str))])
    if _LIMIT.search(general):
        return RateLimited(
            "ActiveCampaign's limit of imports per minute is reached.",
            retry_after=max(1.0, BULK_LIMIT_WAIT if wait is None else wait),
        )
    named = [reason for reason in reasons if isinstance(reason, dict)]
    if named:
        return ContactsRefused(
            f"ActiveCampaign refuses some of {count} contacts, so none was queued.",
            reasons=_by_index(named, count),
        )
    if _SIZE.search(general):
        return RequestTooLarge(f"ActiveCampaign takes no import this large ({count} contacts): split it.")
    return RequestRefused(f"ActiveCampaign refuses an import of {count} contacts without naming any.")


def _by_index(named: Sequence[Mapping[str, Any]], count: int) -> Mapping[int, str]:
    """Empty where one index is missing or outside the request: then the numbering cannot be trusted."""
    reasons = {_index(reason.get("contact")): _reason(reason.get("failureReason")) for reason in named}
    return reasons if all(0 <= index < count for index in reasons) else {}


def _index(numbered: Any) -> int:
    return int(numbered) - 1 if not isinstance(numbered, bool) and str(numbered).isdecimal() else -1


def _reason(text: Any) -> str:
    """ActiveCampaign's own words, short, and without the address that they may repeat."""
    words = _EMAIL_ADDRESS.sub("(address)", text) if isinstance(text, str) else ""
    return " ".join(words.split())[:200] or "refused without a reason"
