"""The wrong answers that faults, refused keys and limits give."""

import json
from collections.abc import Mapping

from tools.sandbox.account import Account
from tools.sandbox.calls import (
    Answer,
    html,
    login_page,
    login_redirect,
    message,
    nothing_forbidden,
)
from tools.sandbox.clock import client_seconds, http_date
from tools.sandbox.faults import Fault

_CLOUDFLARE_TITLES = {
    500: "Internal Server Error",
    502: "Bad gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway time-out",
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
}
"""Cloudflare's names of its own statuses; 590 and others go without one."""


def retry_headers(account: Account, seconds: float, form: str) -> Mapping[str, str]:
    """Retry-After in the client's seconds, as a date, or not at all; the wait is kept as evidence."""
    if form == "absent":
        return {}
    account.evidence.asked_to_wait(account.clock.now(), seconds)
    if form == "date":
        return {"Retry-After": http_date(account.clock, seconds)}
    return {"Retry-After": str(client_seconds(account.clock, seconds))}


def wrong_key(account: Account) -> Answer:
    """What a missing, wrong or revoked key gets."""
    match account.knobs.auth_failure:
        case "json":
            return message("You are not authorized. Please check your API token.", 403)
        case "empty":
            return nothing_forbidden()
        case "login_page":
            return login_page()
        case "redirect":
            return login_redirect()


def over_rate(account: Account) -> Answer:
    """What a request over the account-wide limit gets."""
    knobs = account.knobs
    account.evidence.over_limit["requests"] += 1
    headers = retry_headers(account, knobs.retry_after, knobs.retry_after_form)
    match knobs.rate_body:
        case "json":
            refused = message("Too Many Requests", knobs.rate_status)
        case "empty":
            refused = Answer(status=knobs.rate_status)
        case "html":
            refused = html(knobs.rate_status, "Too Many Requests")
    return refused.with_headers(headers)


def wrong_answer(account: Account, fault: Fault) -> Answer:
    """The answer of a fault that is one."""
    match fault.kind:
        case "cloudflare_json":
            return _cloudflare_json(account, fault)
        case "empty":
            return Answer(headers={"X-Ac-Error": "Code 9001"})
        case "login_page":
            return login_page()
        case "redirect":
            return login_redirect(fault.status or 302)
        case "forbidden":
            return nothing_forbidden()
        case "rate_limited":
            headers = retry_headers(account, fault.retry_after, fault.retry_after_form)
            return message("Too Many Requests", fault.status or 429).with_headers(headers)
        case "unavailable":
            headers = retry_headers(account, fault.retry_after, fault.retry_after_form)
            return html(fault.status or 503, "Service Unavailable", headers)
    status = fault.status or 500
    return html(status, f"{status}: {_CLOUDFLARE_TITLES.get(status, 'Error')}")


def _cloudflare_json(account: Account, fault: Fault) -> Answer:
    """Cloudflare's problem document (RFC 9457) for clients that accept JSON (recorded for 502)."""
    status = fault.status or 502
    headers = retry_headers(account, fault.retry_after, fault.retry_after_form)
    document = {
        "type": f"https://developers.cloudflare.com/support/troubleshooting/http-status-codes/{status}/",
        "title": f"Error {status}: {_CLOUDFLARE_TITLES.get(status, 'Error')}",
        "status": status,
        "cloudflare_error": True,
        "retryable": True,
        "retry_after": client_seconds(account.clock, fault.retry_after),
        "error_code": status,
    }
    return Answer(status=status, body=json.dumps(document).encode(), headers=headers)
