"""What an import does with each contact, and whom it leaves alone (API reference, bulk import)."""

from tools.sandbox.batches import Batch
from tools.sandbox.contacts import Contact
from tools.sandbox.directory import Directory
from tools.sandbox.entries import Entry
from tools.sandbox.knobs import Knobs
from tools.sandbox.memberships import Membership, Status


class Writer:
    """Writes one batch into the directory; `automations` counts the memberships that start automations."""

    def __init__(self, directory: Directory, knobs: Knobs, now: float) -> None:
        self._directory = directory
        self._knobs = knobs
        self._now = now
        self._active = Membership(Status.ACTIVE, now)
        self._unsubscribed = Membership(Status.UNSUBSCRIBED, now)
        self.automations = 0

    def write(self, batch: Batch) -> None:
        """Write the contacts that the batch's fate lets through, and note who was written and who failed."""
        written = self._knobs.info_success == "written"
        for entry in batch.entries[: round(len(batch.entries) * batch.fate.written)]:
            contact = self._directory.contacts.find(entry.key)
            if self._barred(entry, contact) or (contact is not None and self._opted_out(entry, contact)):
                batch.failure.append(entry.email)
                continue
            created = contact is None
            contact = self._upsert(entry, contact)
            if created or written:
                batch.success.append(contact.id)

    def _barred(self, entry: Entry, contact: Contact | None) -> bool:
        if entry.flawed or self._directory.exclusions.exclude(entry.key, entry.subscribe):
            return True
        if contact is not None and contact.bounced:
            return True
        if self._knobs.unknown_list == "failure" and not self._all_lists_known(entry):
            return True
        return self._over_limit(entry, contact)

    def _all_lists_known(self, entry: Entry) -> bool:
        return all(id in self._directory.catalogue.lists for id in entry.subscribe + entry.unsubscribe)

    def _over_limit(self, entry: Entry, contact: Contact | None) -> bool:
        if self._directory.memberships.subscribers < self._knobs.subscriber_limit:
            return False
        counted = contact is not None and contact.active > 0
        return self._knobs.over_subscriber_limit != "accept" and bool(entry.subscribe) and not counted

    def _opted_out(self, entry: Entry, contact: Contact) -> bool:
        """Whether the contact unsubscribed from a list it would join; then the batch reports it as failed."""
        status = self._directory.memberships.status
        if all(status(id, contact) is not Status.UNSUBSCRIBED for id in entry.subscribe):
            return False
        if self._knobs.opted_out == "write":
            self._upsert(entry, contact)
        return True

    def _upsert(self, entry: Entry, contact: Contact | None) -> Contact:
        if contact is None:
            contact = self._directory.contacts.create(entry.email, entry.key, self._now)
        contact.updated = self._now
        _set_attributes(contact, entry)
        if entry.tags:
            self._directory.add_tags(contact, entry.tags, self._now)
        for list_id in entry.subscribe:
            self._subscribe(list_id, contact)
        for list_id in entry.unsubscribe:
            self._unsubscribe(list_id, contact)
        return contact

    def _subscribe(self, list_id: int, contact: Contact) -> None:
        status = self._directory.memberships.status(list_id, contact)
        if status is Status.ACTIVE or status is Status.UNSUBSCRIBED:
            return
        if list_id in self._directory.catalogue.lists:
            self._directory.memberships.put(list_id, contact, self._active)
            self.automations += 1

    def _unsubscribe(self, list_id: int, contact: Contact) -> None:
        if list_id not in self._directory.catalogue.lists:
            return
        stranger = self._directory.memberships.status(list_id, contact) is None
        if stranger and self._knobs.unsubscribe_stranger == "ignore":
            return
        self._directory.memberships.put(list_id, contact, self._unsubscribed)


def _set_attributes(contact: Contact, entry: Entry) -> None:
    """A key that was sent is written, also an empty one; a key that was not sent keeps its value."""
    if entry.first_name is not None:
        contact.first_name = entry.first_name
    if entry.last_name is not None:
        contact.last_name = entry.last_name
    if entry.phone is not None:
        contact.phone = entry.phone
    if entry.account_name is not None:
        contact.account_name = entry.account_name
    if entry.fields is not None:
        contact.merge_fields(entry.fields)
