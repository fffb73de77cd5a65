"""contact/sync: create or update one contact."""

import json
from dataclasses import dataclass
from typing import Any

from tools.sandbox.account import Account
from tools.sandbox.addresses import key_of, well_formed
from tools.sandbox.calls import Answer, Call, answer, errors, message, not_found
from tools.sandbox.clock import offset_time
from tools.sandbox.contact_documents import contact_hash, contact_links, field_values, full_contact
from tools.sandbox.contacts import Contact, pack
from tools.sandbox.memberships import Membership, Status

_ATTRIBUTES = {"firstName": "first_name", "lastName": "last_name", "phone": "phone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extras:
    values: dict[int, str]
    lists: tuple[int, ...]
    tags: tuple[str, ...]


def post_contact_sync(account: Account, call: Call) -> Answer:
    """POST contact/sync. Inline `lists` subscribe even who unsubscribed; inline `tags` are added.

    Keys that are not sent keep their values, unknown fields are ignored (both recorded).
    """
    sent = _sent(call)
    if sent is None:
        return message("Invalid or unparsable json", 400)
    email = sent.get("email")
    if not isinstance(email, str) or not email:
        return errors(400, status=400, title="Bad Request", detail="Contact email must be provided for sync")
    if not well_formed(email):
        return _invalid_address()
    try:
        extras = _extras(account, sent)
    except (KeyError, TypeError, ValueError):
        return message("fieldValues, lists or tags have the wrong shape", 400)
    for list_id in extras.lists:
        if list_id not in account.directory.catalogue.lists:
            return not_found("_List", list_id)
    return _written(account, call, sent, email, extras)


def _sent(call: Call) -> dict[str, Any] | None:
    try:
        contact = json.loads(call.body)["contact"]
    except (ValueError, KeyError, TypeError):
        return None
    return contact if isinstance(contact, dict) else None


def _invalid_address() -> Answer:
    return errors(
        422,
        title="Contact Email Address is not valid.",
        detail="",
        code="email_invalid",
        error="must_be_valid_email_address",
        source={"pointer": "/data/attributes/email"},
    )


def _extras(account: Account, sent: dict[str, Any]) -> _Extras:
    known = account.directory.catalogue.fields
    values = {int(item["field"]): str(item["value"]) for item in sent.get("fieldValues", [])}
    inline = account.knobs.inline_lists == "accept"
    return _Extras(
        values={id: value for id, value in values.items() if id in known},
        lists=tuple(int(item["list"]) for item in sent.get("lists", []) if inline),
        tags=tuple(str(tag) for tag in sent.get("tags", []) if inline),
    )


def _written(account: Account, call: Call, sent: dict[str, Any], email: str, extras: _Extras) -> Answer:
    now, key = account.clock.now(), key_of(email)
    found = account.directory.contacts.find(key)
    contact = found or account.directory.contacts.create(email, key, now)
    contact.updated = now
    for name, attribute in _ATTRIBUTES.items():
        if name in sent:
            setattr(contact, attribute, str(sent[name]))
    if extras.values:
        contact.merge_fields(pack(extras.values))
    for list_id in extras.lists:
        account.directory.subscribe_anyway(list_id, contact, Membership(Status.ACTIVE, now, 4))
    account.directory.add_tags(contact, extras.tags, now)
    return _shown(account, call, sent, contact, created=found is None)


def _shown(account: Account, call: Call, sent: dict[str, Any], contact: Contact, *, created: bool) -> Answer:
    values = field_values(call, contact, account.directory.catalogue.fields)
    ids = [value["id"] for value in values]
    shown = _created(call, sent, contact) if created else full_contact(call, contact)
    choice = account.knobs.sync_status
    status = (201 if created else 200) if choice == "by_outcome" else choice
    return answer({"fieldValues": values, "contact": shown | {"fieldValues": ids}}, status)


def _created(call: Call, sent: dict[str, Any], contact: Contact) -> dict[str, Any]:
    """The shorter body of a creation: what was sent, and a few keys more (recorded)."""
    echoed = {name: sent[name] for name in ("email", *_ATTRIBUTES) if name in sent}
    return echoed | {
        "email_empty": False,
        "cdate": offset_time(contact.created),
        "udate": offset_time(contact.updated),
        "orgid": "",
        "orgname": "",
        "links": contact_links(call, contact),
        "hash": contact_hash(contact),
        "id": str(contact.id),
        "organization": "",
    }
