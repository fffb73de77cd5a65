"""The account as tests and people want to see it."""

import hashlib
from collections import Counter
from typing import Any

from tools.sandbox.account import Account
from tools.sandbox.addresses import key_of
from tools.sandbox.contacts import Contact, unpack
from tools.sandbox.memberships import Status


def state(account: Account) -> dict[str, Any]:
    """Sums: contacts, members of each list by status, batches by status, tags and fields."""
    directory, now = account.directory, account.clock.now()
    undecided = account.knobs.undecided_seconds
    statuses = Counter(str(batch.status(now, undecided)) for batch in account.imports.batches.values())
    return {
        "now": now,
        "contacts": len(directory.contacts),
        "subscribers": directory.memberships.subscribers,
        "lists": [
            {"id": one.id, "name": one.name} | _counts(account, one.id)
            for one in directory.catalogue.lists.values()
        ],
        "fields": {one.title: one.id for one in directory.catalogue.fields.values()},
        "tags": directory.catalogue.tags,
        "exclusions": len(directory.exclusions.all),
        "batches": dict(statuses),
        "resubscribed": len(directory.memberships.resubscribed),
    }


def _counts(account: Account, list_id: int) -> dict[str, int]:
    count = account.directory.memberships.count
    return {status.name.lower(): count(list_id, status) for status in Status}


def evidence(account: Account) -> dict[str, Any]:
    """The requests' own evidence, with what only the account can tell: consent, automations, faults."""
    return account.evidence.summary() | {
        "resubscribed": len(account.directory.memberships.resubscribed),
        "automations_started": account.imports.automations,
        "faults_struck": dict(account.faults.struck),
    }


def contact_view(account: Account, email: str) -> dict[str, Any] | None:
    """One contact with its fields by id, tags by name and lists by id; None for nobody."""
    contact = account.directory.contacts.find(key_of(email))
    return None if contact is None else _view(account, contact)


def _view(account: Account, contact: Contact) -> dict[str, Any]:
    directory = account.directory
    return {
        "id": contact.id,
        "email": contact.email,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "phone": contact.phone,
        "account_name": contact.account_name,
        "fields": unpack(contact.fields),
        "tags": [name for name, id in directory.catalogue.tags.items() if id in contact.tags],
        "lists": {
            list_id: one.status.name.lower() for list_id, one in directory.memberships.of_contact(contact)
        },
        "bounced": contact.bounced,
    }


def members(account: Account, list_id: int, status: Status | None = Status.ACTIVE) -> list[str]:
    """The lower-case addresses of the list's contacts with this status (None: any), sorted."""
    contacts = account.directory.contacts
    found = (
        contacts.get(contact_id)
        for contact_id, one in account.directory.memberships.of_list(list_id).items()
        if status is None or one.status is status
    )
    return sorted(key_of(contact.email) for contact in found if contact is not None)


def digest(addresses: list[str]) -> str:
    """SHA-256 of the addresses, each followed by a line feed: equal exactly if the members are equal."""
    sums = hashlib.sha256()
    for address in addresses:
        sums.update(address.encode() + b"\n")
    return sums.hexdigest()
