"""contactLists: memberships, one at a time. Status 1 puts back even who unsubscribed."""

import json
from collections.abc import Iterator
from typing import Any

from tools.sandbox.account import Account
from tools.sandbox.api.paging import page
from tools.sandbox.calls import Answer, Call, answer, errors, not_found
from tools.sandbox.contact_documents import full_contact, membership, posted_membership
from tools.sandbox.contacts import Contact
from tools.sandbox.memberships import Membership, Status

_SOURCE = 4
"""What `sourceid` is when a membership is posted through the API without one (recorded)."""


def post_contact_list(account: Account, call: Call) -> Answer:
    """POST contactLists: set a contact's status on a list; the same pair again updates it."""
    sent = _sent(call)
    for name in ("list", "contact", "status"):
        if sent.get(name) is None:
            return _unprocessable("Missing attribute", name)
    numbers = {name: _number(sent[name]) for name in ("list", "contact", "status")}
    if numbers["status"] not in list(Status):
        return _unprocessable("The value you selected is not a valid choice.", "status")
    if numbers["list"] not in account.directory.catalogue.lists:
        return not_found("_List", sent["list"])
    contact = account.directory.contacts.get(numbers["contact"])
    if contact is None:
        return not_found("Subscriber", sent["contact"])
    source = _number(sent.get("sourceid", _SOURCE))
    membership = Membership(Status(numbers["status"]), account.clock.now(), source)
    return _put(account, call, contact, numbers["list"], membership)


def _sent(call: Call) -> dict[str, Any]:
    try:
        document = json.loads(call.body)["contactList"]
    except (ValueError, KeyError, TypeError):
        return {}
    return document if isinstance(document, dict) else {}


def _number(value: object) -> int:
    """The schema says string, the examples have integers; -1 is no id and no status."""
    text = str(value)
    return int(text) if text.isdecimal() else -1


def _unprocessable(title: str, name: str) -> Answer:
    return errors(422, status=422, title=title, source={"pointer": f"/data/attributes/{name}"})


def _put(account: Account, call: Call, contact: Contact, list_id: int, one: Membership) -> Answer:
    account.directory.subscribe_anyway(list_id, contact, one)
    numbers = account.knobs.membership_ids == "numbers"
    posted = posted_membership(call, contact, list_id, one, numbers=numbers)
    return answer({"contacts": [full_contact(call, contact)], "contactList": posted})


def get_contact_lists(account: Account, call: Call) -> Answer:
    """GET contactLists, with `filters[list]`, `filters[contact]` and `filters[status]`."""
    wanted = {name: call.number(f"filters[{name}]", -1) for name in ("list", "contact", "status")}
    shown = [membership(call, *found) for found in page(call, _memberships(account, wanted))]
    return answer({"contactLists": shown, "meta": {"total": str(_total(account, wanted))}})


def _memberships(account: Account, wanted: dict[str, int]) -> Iterator[tuple[Contact, int, Membership]]:
    directory = account.directory
    for list_id in _list_ids(account, wanted):
        members = directory.memberships.of_list(list_id)
        chosen = [wanted["contact"]] if wanted["contact"] != -1 else members
        for contact_id in chosen:
            contact, one = directory.contacts.get(contact_id), members.get(contact_id)
            if contact is not None and one is not None and wanted["status"] in (-1, one.status):
                yield contact, list_id, one


def _total(account: Account, wanted: dict[str, int]) -> int:
    """How many memberships match; from kept counts, unless one contact is asked for."""
    if wanted["contact"] != -1 or wanted["status"] not in (-1, *Status):
        return sum(1 for _ in _memberships(account, wanted))
    status = None if wanted["status"] == -1 else Status(wanted["status"])
    count = account.directory.memberships.count
    return sum(count(list_id, status) for list_id in _list_ids(account, wanted))


def _list_ids(account: Account, wanted: dict[str, int]) -> list[int]:
    return [id for id in account.directory.catalogue.lists if wanted["list"] in (-1, id)]
