"""What an answer means: a value, or one of the errors.

The facts are in the ActiveCampaign API reference (errors, rate limits, bulk import) and in what others have
recorded: bad keys show as 403 with neither type nor body or as 200 with a login page, over-long queues as
200 with nothing, the limit of imports as 400. So success is 2xx *and* JSON *and* the key that was asked for.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.activecampaign.refusals import refused_import
from shared.activecampaign.replies import JsonObject
from shared.activecampaign.retry_after import retry_after, seconds
from shared.errors import (
    AccessDenied,
    ActiveCampaignError,
    ListNotFound,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    Unavailable,
    WrongAddress,
)

RATE_LIMIT_WAIT = 30.0
"""Seconds after a 429 that names none; the documented example names 30."""

_NEVER_ARRIVED = {503, 521, 523, 525, 526}
"""5xx after which a request was surely not carried out: refused, or Cloudflare did not reach the origin."""

_LOGIN_PAGE = re.compile(
    rb"""type\s*=\s*["']?password|<title>[^<]*(log|sign)[\s-]?in\b|action\s*=\s*["'][^"']*login""",
    re.IGNORECASE,
)
_MISSING = re.compile(r"No Result found for (\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response read to its end; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question[T]:
    """What is asked: `subject` names it in messages, `key` is in every good answer, `read` makes the value.

    `otherwise` holds the values of statuses that are no error here. `contacts` is the number of contacts
    that an import carries, None for every other request.
    """

    subject: str
    key: str
    read: Callable[[JsonObject], T]
    otherwise: Mapping[int, T] = field(default_factory=dict)
    contacts: int | None = None

    @property
    def imports(self) -> bool:
        return self.contacts is not None


def understand[T](answer: Answer, question: Question[T], *, now: float) -> T:
    """The value that was asked for; raises an ActiveCampaignError. `now` is in epoch seconds."""
    if answer.status in question.otherwise:
        return question.otherwise[answer.status]
    found = _json_object(answer.body)
    if 200 <= answer.status < 300:
        return _success(answer, question, found, now)
    raise _failure(answer, question, found, now)


def _success[T](answer: Answer, question: Question[T], found: JsonObject | None, now: float) -> T:
    if found is None or question.key not in found:
        raise _unusable(answer, question, found, now)
    try:
        return question.read(found)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    # Outside the handler: the message of what was caught may repeat the body.
    raise Unavailable(
        f"ActiveCampaign's answer to {question.subject} is not of the documented form.",
        in_doubt=question.imports,
    )


def _unusable(
    answer: Answer, question: Question[Any], found: JsonObject | None, now: float
) -> ActiveCampaignError:
    subject = question.subject
    if found and question.imports and found.get("failureReasons"):
        return refused_import(found, count=question.contacts or 0, wait=retry_after(answer.headers, now=now))
    if _LOGIN_PAGE.search(answer.body):
        return AccessDenied(f"ActiveCampaign answered {subject} with its login page: check the API key.")
    code = re.search(r"\d{1,6}", answer.headers.get("x-ac-error", ""))
    what = f"its error code {code[0]}" if code else _shape(answer, found)
    return Unavailable(
        f"ActiveCampaign answered {subject} with {what} and no result; if this lasts, check the API URL.",
        retry_after=retry_after(answer.headers, now=now),
        in_doubt=question.imports,
    )


def _shape(answer: Answer, found: JsonObject | None) -> str:
    if found is not None:
        return "other JSON"
    return "a page of HTML" if answer.body.strip() else "nothing"


def _failure(
    answer: Answer, question: Question[Any], found: JsonObject | None, now: float
) -> ActiveCampaignError:
    status, subject = answer.status, question.subject
    wait = retry_after(answer.headers, now=now)
    if status < 400:
        return WrongAddress(
            f"The host sends {subject} elsewhere ({status}): check the API URL, also for https."
        )
    if status in (401, 403):
        return AccessDenied(
            f"ActiveCampaign denies {subject} ({status}): check the API key and what its user's group may do."
        )
    if status == 404:
        return _missing(question, found)
    if status == 429:
        return RateLimited(
            f"ActiveCampaign's rate limit is reached ({subject}).",
            retry_after=max(1.0, RATE_LIMIT_WAIT if wait is None else wait),
        )
    if status >= 500 or status in (408, 425):
        return _unavailable(answer, question, found, wait)
    if status == 413:
        return RequestTooLarge(f"ActiveCampaign takes no body this large ({subject}): split it.")
    if question.imports and found:
        return refused_import(found, count=question.contacts or 0, wait=wait)
    return RequestRefused(f"ActiveCampaign refuses {subject} ({status}); the same request would fail again.")


def _missing(question: Question[Any], found: JsonObject | None) -> ActiveCampaignError:
    missing = _MISSING.search(str(found.get("message"))) if found else None
    if missing is None:
        return WrongAddress(
            f"The host does not know {question.subject} (404), unlike ActiveCampaign: check the API URL."
        )
    if missing[1].casefold() == "_list":
        return ListNotFound(
            f"ActiveCampaign has no such list ({question.subject}), or the key's user may not see it."
        )
    return RequestRefused(f"ActiveCampaign finds nothing for {question.subject} (404).")


def _unavailable(
    answer: Answer, question: Question[Any], found: JsonObject | None, wait: float | None
) -> Unavailable:
    # Cloudflare's JSON (RFC 9457) names the wait in the body.
    named = found.get("retry_after") if found else None
    if wait is None and isinstance(named, int | float):
        wait = seconds(named)
    return Unavailable(
        f"ActiveCampaign is not available for {question.subject} ({answer.status}).",
        retry_after=wait,
        in_doubt=question.imports and answer.status not in _NEVER_ARRIVED,
    )


def _json_object(body: bytes) -> JsonObject | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
