"""Who is on which list, and as what."""

from collections import defaultdict
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from tools.sandbox.contacts import Contact


class Status(IntEnum):
    """The states of a membership (API reference, contactLists; 0 and 3 as recorded)."""

    NONE = 0
    ACTIVE = 1
    UNSUBSCRIBED = 2
    UNCONFIRMED = 3


class Membership(NamedTuple):
    """One contact's state on one list; a value, so that all contacts of a batch share one object."""

    status: Status
    since: float
    source: int = 0


class Memberships:
    """The memberships of an account, and how many people count against its plan."""

    def __init__(self) -> None:
        self._by_list: dict[int, dict[int, Membership]] = {}
        # Lists and not counters: the hash of an enumeration's member is computed in Python, and slow.
        self._counts: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(Status))
        self.subscribers = 0
        """How many contacts are active on at least one list; only they count against the plan."""
        self.resubscribed: list[tuple[int, int]] = []
        """(list id, contact id) of everybody a request put back after they had unsubscribed."""

    def status(self, list_id: int, contact: Contact) -> Status | None:
        """The contact's state on the list, None if it never was on it."""
        membership = self.find(list_id, contact)
        return None if membership is None else membership.status

    def find(self, list_id: int, contact: Contact) -> Membership | None:
        """The contact's membership of the list."""
        members = self._by_list.get(list_id)
        return None if members is None else members.get(contact.id)

    def put(self, list_id: int, contact: Contact, membership: Membership) -> None:
        """Make or replace the contact's membership of the list."""
        members = self._by_list.setdefault(list_id, {})
        counts = self._counts[list_id]
        old = members.get(contact.id)
        members[contact.id] = membership
        counts[membership.status] += 1
        was_active = False
        if old is not None:
            counts[old.status] -= 1
            was_active = old.status is Status.ACTIVE
        self._count_active(contact, (membership.status is Status.ACTIVE) - was_active)

    def remove(self, list_id: int, contact: Contact) -> None:
        """Forget the contact's membership of the list, if there is one."""
        old = self._by_list.get(list_id, {}).pop(contact.id, None)
        if old is None:
            return
        self._counts[list_id][old.status] -= 1
        self._count_active(contact, -(old.status is Status.ACTIVE))

    def of_contact(self, contact: Contact) -> Iterator[tuple[int, Membership]]:
        """The lists the contact is on, with its membership of each."""
        for list_id, members in self._by_list.items():
            if contact.id in members:
                yield list_id, members[contact.id]

    def of_list(self, list_id: int) -> dict[int, Membership]:
        """The memberships of the list by contact id."""
        return self._by_list.get(list_id, {})

    def count(self, list_id: int, status: Status | None = None) -> int:
        """How many contacts are on the list, or are so as `status`."""
        counts = self._counts[list_id]
        return sum(counts) if status is None else counts[status]

    def _count_active(self, contact: Contact, change: int) -> None:
        if not change:
            return
        counted = contact.active > 0
        contact.active += change
        self.subscribers += (contact.active > 0) - counted
