"""Contacts, to read and to delete."""

from collections.abc import Callable, Iterable, Mapping

from tools.sandbox.account import Account
from tools.sandbox.addresses import key_of
from tools.sandbox.api.paging import descending, limit_of, page
from tools.sandbox.calls import Answer, Call, answer, not_found
from tools.sandbox.contact_documents import Document, field_values, full_contact, listed_contact, membership
from tools.sandbox.contacts import Contact
from tools.sandbox.directory import Directory
from tools.sandbox.memberships import Status

_ANY = -1
_BOUNCED = 3
_STATUSES: Mapping[int, frozenset[Status]] = {
    _ANY: frozenset(Status),
    0: frozenset({Status.NONE, Status.UNCONFIRMED}),
    1: frozenset({Status.ACTIVE}),
    2: frozenset({Status.UNSUBSCRIBED}),
}
"""What the numbers of the `status` filter mean here; 3 is bounced and no state of a membership."""


def get_contacts(account: Account, call: Call) -> Answer:
    """GET contacts: by `email`, or all that `listid`, `status`, `tagid`, `email_like`, `id_greater` leave.

    `meta.total` counts the matches whatever their id; the documentation does not say otherwise.
    """
    directory = account.directory
    if "email" in call.query:
        contact = directory.contacts.find(key_of(call.query["email"]))
        return _listed(call, [] if contact is None else [contact], contact is not None)
    matches = _filter(directory, call)
    if descending(call, "id"):
        everybody = [contact for contact in directory.contacts.after(0) if matches(contact)]
        return _listed(call, page(call, reversed(everybody)), len(everybody))
    after = call.number("id_greater", 0)
    matching = (contact for contact in directory.contacts.after(after) if matches(contact))
    return _listed(call, page(call, matching), _total(directory, call, matches))


def _filter(directory: Directory, call: Call) -> Callable[[Contact], bool]:
    list_id, status, tag_id = call.number("listid", 0), call.number("status", _ANY), call.number("tagid", 0)
    like = call.query.get("email_like", "").lower()
    wanted = _STATUSES.get(status, frozenset())
    memberships = directory.memberships

    def matches(contact: Contact) -> bool:
        if like not in contact.email.lower() or (tag_id and tag_id not in contact.tags):
            return False
        if status == _BOUNCED:
            return contact.bounced
        if list_id:
            return memberships.status(list_id, contact) in wanted
        return status == _ANY or any(one.status in wanted for _, one in memberships.of_contact(contact))

    return matches


def _total(directory: Directory, call: Call, matches: Callable[[Contact], bool]) -> int:
    """The number of matches, from kept counts where the query allows, so that paging a million is quick."""
    narrowing = {name for name in call.query if name in ("listid", "status", "tagid", "email_like")}
    if not narrowing:
        return len(directory.contacts)
    list_id, status = call.number("listid", 0), call.number("status", _ANY)
    if narrowing <= {"listid", "status"} and list_id and status in _STATUSES:
        return sum(directory.memberships.count(list_id, one) for one in _STATUSES[status])
    return sum(map(matches, directory.contacts.after(0)))


def _listed(call: Call, contacts: Iterable[Contact], total: int) -> Answer:
    page_input = {
        "segmentid": 0, "formid": 0, "listid": call.number("listid", 0), "tagid": call.number("tagid", 0),
        "limit": limit_of(call), "offset": call.number("offset", 0), "search": None, "sort": None,
        "seriesid": 0, "waitid": 0, "status": call.number("status", _ANY), "forceQuery": 0,
        "cacheid": "0" * 32,
    }  # fmt: skip
    shown = [listed_contact(call, contact) for contact in contacts]
    meta = {"total": str(int(total)), "sortable": True, "page_input": page_input}
    return answer({"scoreValues": [], "contacts": shown, "meta": meta})


def get_contact(account: Account, call: Call, id: int) -> Answer:
    """GET contacts/{id}, with its memberships and field values beside it."""
    contact = account.directory.contacts.get(id)
    if contact is None:
        return not_found("Subscriber", id)
    values = field_values(call, contact, account.directory.catalogue.fields)
    shown = full_contact(call, contact) | {"fieldValues": [value["id"] for value in values]}
    return answer(
        {
            "contactLists": _memberships_of(account.directory, call, contact),
            "fieldValues": values,
            "contact": shown,
        }
    )


def delete_contact(account: Account, call: Call, id: int) -> Answer:
    """DELETE contacts/{id}: the second time it is unknown."""
    contact = account.directory.contacts.get(id)
    if contact is None:
        return not_found("Subscriber", id)
    account.directory.delete_contact(contact)
    return answer({})


def get_contact_memberships(account: Account, call: Call, id: int) -> Answer:
    """GET contacts/{id}/contactLists."""
    contact = account.directory.contacts.get(id)
    if contact is None:
        return not_found("Subscriber", id)
    return answer({"contactLists": _memberships_of(account.directory, call, contact)})


def _memberships_of(directory: Directory, call: Call, contact: Contact) -> list[Document]:
    found = directory.memberships.of_contact(contact)
    return [membership(call, contact, list_id, one) for list_id, one in found]
