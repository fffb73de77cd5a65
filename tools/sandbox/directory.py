"""What an account knows: lists, fields, tags, people, memberships, exclusions."""

from dataclasses import dataclass, field

from tools.sandbox.catalogue import Catalogue
from tools.sandbox.contacts import Contact, Contacts
from tools.sandbox.exclusions import Exclusions
from tools.sandbox.memberships import Membership, Memberships, Status


@dataclass(slots=True)
class Directory:
    """The data of one account."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    contacts: Contacts = field(default_factory=Contacts)
    memberships: Memberships = field(default_factory=Memberships)
    exclusions: Exclusions = field(default_factory=Exclusions)

    def add_tags(self, contact: Contact, names: tuple[str, ...], now: float) -> None:
        """Give the contact tags, making those that do not exist; tags are never taken away."""
        ids = [self.catalogue.tag_id(name, now) for name in names]
        new = tuple(dict.fromkeys(id for id in ids if id not in contact.tags))
        if new:
            contact.tags += new

    def subscribe_anyway(self, list_id: int, contact: Contact, membership: Membership) -> None:
        """Set a membership as a request asks, over an opt-out if need be, and keep that as evidence."""
        before = self.memberships.status(list_id, contact)
        if before is Status.UNSUBSCRIBED and membership.status is Status.ACTIVE:
            self.memberships.resubscribed.append((list_id, contact.id))
        self.memberships.put(list_id, contact, membership)

    def delete_contact(self, contact: Contact) -> None:
        """Forget the contact and its memberships."""
        for list_id, _ in list(self.memberships.of_contact(contact)):
            self.memberships.remove(list_id, contact)
        self.contacts.delete(contact)

    def delete_list(self, list_id: int) -> None:
        """Forget the list and who was on it; deleting an unknown list changes nothing."""
        self.catalogue.lists.pop(list_id, None)
        for contact_id in list(self.memberships.of_list(list_id)):
            contact = self.contacts.get(contact_id)
            if contact is not None:
                self.memberships.remove(list_id, contact)
