"""The JSON of contacts, their memberships and field values, as recorded or documented."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from tools.sandbox.calls import Call
from tools.sandbox.catalogue import CustomField
from tools.sandbox.clock import ACCOUNT_ZONE, offset_time, plain_time
from tools.sandbox.contacts import Contact, unpack
from tools.sandbox.memberships import Membership

type Document = dict[str, Any]

CONTACT_LINKS = (
    "bounceLogs", "contactAutomations", "contactData", "contactGoals", "contactLists", "contactLogs",
    "contactTags", "contactDeals", "deals", "fieldValues", "geoIps", "notes", "organization",
    "plusAppend", "trackingLogs", "scoreValues", "accountContacts", "automationEntryCounts",
)  # fmt: skip

_CONSTANTS: Document = {
    "orgid": "0", "orgname": "", "segmentio_id": "", "bounced_soft": "0", "ip": "0", "ua": None,
    "socialdata_lastcheck": None, "email_local": "", "email_domain": "", "sentcnt": "0",
    "rating_tstamp": None, "gravatar": "0", "deleted": "0", "anonymized": "0", "adate": None,
    "edate": None, "deleted_at": None, "created_by": None, "updated_by": None, "email_empty": False,
}  # fmt: skip


def contact_links(call: Call, contact: Contact) -> dict[str, str]:
    """Where the things around a contact are."""
    return {name: call.link(f"contacts/{contact.id}/{name}") for name in CONTACT_LINKS}


def full_contact(call: Call, contact: Contact) -> Document:
    """A contact with all keys of a recorded answer."""
    return {
        "cdate": offset_time(contact.created), "email": contact.email, "phone": contact.phone,
        "firstName": contact.first_name, "lastName": contact.last_name, **_CONSTANTS,
        "bounced_hard": "1" if contact.bounced else "0",
        "bounced_date": offset_time(contact.updated) if contact.bounced else None,
        "hash": contact_hash(contact), "udate": offset_time(contact.updated),
        "created_utc_timestamp": plain_time(contact.created, UTC),
        "updated_utc_timestamp": plain_time(contact.updated, UTC),
        "created_timestamp": plain_time(contact.created), "updated_timestamp": plain_time(contact.updated),
        "links": contact_links(call, contact), "id": str(contact.id), "organization": None,
    }  # fmt: skip


def listed_contact(call: Call, contact: Contact) -> Document:
    """A contact as `GET contacts` lists it."""
    return {"scoreValues": [], "accountContacts": [], **full_contact(call, contact)}


def contact_hash(contact: Contact) -> str:
    """The 32 hexadecimal digits that stand for a contact in links."""
    return hashlib.md5(contact.email.encode(), usedforsecurity=False).hexdigest()


def field_values(call: Call, contact: Contact, fields: dict[int, CustomField]) -> list[Document]:
    """The contact's field values; their ids are made of the contact's and the field's."""
    return [
        _field_value(call, contact, id, _converted(value, fields[id].type))
        for id, value in unpack(contact.fields).items()
        if id in fields
    ]


def _field_value(call: Call, contact: Contact, field_id: int, value: str) -> Document:
    id = str(contact.id * 10_000 + field_id)
    updated = offset_time(contact.updated)
    return {
        "contact": str(contact.id), "field": str(field_id), "value": value, "cdate": updated,
        "udate": updated, "created_by": "0", "updated_by": "0", "id": id, "owner": str(contact.id),
        "links": {name: call.link(f"fieldValues/{id}/{name}") for name in ("owner", "field")},
    }  # fmt: skip


def _converted(value: str, type: str) -> str:
    """Values of datetime fields come back in the account's time zone (documented)."""
    if type != "datetime":
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo is None else moment.astimezone(ACCOUNT_ZONE).isoformat()


def membership_id(list_id: int, contact: Contact) -> int:
    """A membership's id, made of the contact's and the list's."""
    return contact.id * 10_000 + list_id


def membership(call: Call, contact: Contact, list_id: int, one: Membership) -> Document:
    """A contactList as it is read: ids and status are strings."""
    return {
        "contact": str(contact.id), "list": str(list_id), "form": None, "seriesid": "0",
        "sdate": offset_time(one.since), "udate": offset_time(one.since), "status": str(int(one.status)),
        "unsubreason": "", "sourceid": str(one.source), "campaign": None, "message": None,
        "unsubscribeAutomation": None, "links": _membership_links(call, list_id, contact),
        "id": str(membership_id(list_id, contact)), "automation": None,
    }  # fmt: skip


def posted_membership(
    call: Call, contact: Contact, list_id: int, one: Membership, *, numbers: bool
) -> Document:
    """A contactList as its POST answers: recorded with numbers, documented with strings."""

    def id_of(number: int) -> int | str:
        return number if numbers else str(number)

    return {
        "id": str(membership_id(list_id, contact)), "contact": id_of(contact.id), "list": id_of(list_id),
        "status": int(one.status), "sdate": offset_time(one.since), "udate": None, "unsubreason": "",
        "sourceid": one.source, "campaign": None, "message": None, "unsubscribeAutomation": None,
        "links": _membership_links(call, list_id, contact),
    }  # fmt: skip


def _membership_links(call: Call, list_id: int, contact: Contact) -> dict[str, str]:
    id = membership_id(list_id, contact)
    return {name: call.link(f"contactLists/{id}/{name}") for name in ("list", "contact", "automation")}
