"""Bulk import; the checks come in the order they must."""

import json
from typing import Any

from tools.sandbox.account import Account
from tools.sandbox.batches import Fate
from tools.sandbox.calls import Answer, Call, answer, import_refused, message
from tools.sandbox.entries import Entry, EntryReader, Refused
from tools.sandbox.evidence import AcceptedImport

MAX_CONTACTS = 250
MAX_BYTES = 399_999

_RATE_REASON = (
    "Up to {limit} imports may be requested per minute."
    "Please batch contacts into larger requests, or retry this request in a minute."
)
_INVALID = {
    "recorded": "JSON payload did not pass validation. Please fix failureReasons and retry."
    " The import was not queued for processing.",
    "documented": "JSON payload did not pass validation. Please fix failure Reasons and retry."
    " The import was not queued for processing.",
}


class _Refusal(Exception):
    """Ends the checks with an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def post_bulk_import(account: Account, call: Call) -> Answer:
    """POST import/bulk_import: queue a batch, or refuse all of it."""
    try:
        payload = _parsed(account, call)
        contacts = _admitted(account, payload, call.arrived)
        entries = _entries(account, contacts)
        _within_plan(account, entries)
    except _Refusal as refusal:
        return refusal.answer
    return _queued(account, call, payload, entries)


def _parsed(account: Account, call: Call) -> Any:
    oversize = account.knobs.oversize
    if not account.knobs.may_import:
        raise _Refusal(message("Forbidden", 403))
    if len(call.body) > MAX_BYTES and oversize != "accept":
        raise _general(account, "The request body must be smaller than 400000 bytes.", oversize)
    try:
        return json.loads(call.body)
    except ValueError:
        raise _general(account, "Invalid or unparsable json") from None


def _admitted(account: Account, payload: Any, now: float) -> list[Any]:
    """The contacts, if the minute's limit lets the request in and their number is right."""
    knobs = account.knobs
    contacts = payload.get("contacts") if isinstance(payload, dict) else None
    count = len(contacts) if isinstance(contacts, list) else 0
    if not account.limits.admit_import(now, count, knobs):
        raise _Refusal(_over_rate(account, count))
    if not isinstance(contacts, list):
        raise _general(account, "'contacts' is a required field.")
    if count > MAX_CONTACTS and knobs.too_many == "refuse":
        raise _general(account, f"Up to {MAX_CONTACTS} contacts may be imported per request.")
    if not count and knobs.empty == "refuse":
        raise _general(account, "'contacts' must not be empty.")
    return contacts


def _over_rate(account: Account, count: int) -> Answer:
    knobs = account.knobs
    account.evidence.over_limit["single imports" if count == 1 else "imports"] += 1
    limit = knobs.single_per_minute if count == 1 else knobs.bulk_per_minute
    reasons = [_RATE_REASON.format(limit=limit)]
    return import_refused(knobs.bulk_limit_status, "Rate limit exceeded.", reasons)


def _entries(account: Account, contacts: list[Any]) -> list[Entry]:
    catalogue = account.directory.catalogue
    reader = EntryReader(account.knobs, catalogue.lists.keys(), catalogue.fields.keys())
    entries: list[Entry] = []
    reasons = []
    for number, contact in enumerate(contacts, start=1):
        try:
            entries.append(reader.read(contact))
        except Refused as refused:
            reasons.append({"contact": number, "failureReason": str(refused)})
    if reasons:
        raise _Refusal(import_refused(400, _INVALID[account.knobs.wording], reasons))
    return _without_equals(account, entries)


def _without_equals(account: Account, entries: list[Entry]) -> list[Entry]:
    """One entry per address, the first or the last, where a request names one several times."""
    rule = account.knobs.equal_addresses
    by_key = {entry.key: entry for entry in entries}
    if len(by_key) == len(entries):
        return entries
    if rule == "refuse":
        raise _general(account, "Each email may be imported once per request.")
    if rule == "first":
        by_key = {entry.key: entry for entry in reversed(entries)}
    return list(by_key.values())


def _within_plan(account: Account, entries: list[Entry]) -> None:
    if account.knobs.over_subscriber_limit != "refuse":
        return
    found = [account.directory.contacts.find(entry.key) for entry in entries if entry.subscribe]
    joining = sum(contact is None or not contact.active for contact in found)
    if account.directory.memberships.subscribers + joining > account.knobs.subscriber_limit:
        raise _Refusal(message("The contact limit of this account is exceeded.", 403))


def _queued(account: Account, call: Call, payload: dict[str, Any], entries: list[Entry]) -> Answer:
    knobs = account.knobs
    sent: list[Any] = payload["contacts"]
    exclude = account.directory.exclusions.exclude
    excluded = sum(exclude(entry.key, entry.subscribe) for entry in entries)
    fault = account.faults.strike(call.endpoint, "batch")
    automations = not payload.get("exclude_automations", False)
    batch = account.imports.accept(
        entries, knobs, call.arrived, automations=automations, fate=fault.fate if fault else Fate()
    )
    line = AcceptedImport(
        time=call.arrived,
        batch=batch.id,
        contacts=len(sent),
        queued=len(sent) - excluded,
        bytes=len(call.body),
        automations=automations,
    )
    account.evidence.import_accepted(line, sent)
    success = "success" if knobs.wording == "recorded" else "Success"
    accepted = {success: 1, "queued_contacts": line.queued, "batchId": batch.id}
    return answer(accepted | {"message": "Contact import queued"}, knobs.accepted_status)


def _general(account: Account, reason: str, status: int = 400) -> _Refusal:
    return _Refusal(import_refused(status, _INVALID[account.knobs.wording], [reason]))
