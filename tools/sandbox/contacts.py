"""The people of an account, kept small: a million of them with 29 custom fields fit in memory."""

import marshal
from collections.abc import Iterator

from tools.sandbox.addresses import key_of


class Contact:
    """One person. Mutable and slotted, because a million of them are upserted.

    `fields` packs {field id: value} into bytes; `active` counts the lists with an active membership.
    """

    __slots__ = (
        "account_name",
        "active",
        "bounced",
        "created",
        "email",
        "fields",
        "first_name",
        "id",
        "last_name",
        "phone",
        "tags",
        "updated",
    )

    def __init__(self, id: int, email: str, now: float) -> None:
        self.id = id
        self.email = email
        self.first_name = ""
        self.last_name = ""
        self.phone = ""
        self.account_name = ""
        self.fields: bytes | None = None
        self.tags: tuple[int, ...] = ()
        self.active = 0
        self.bounced = False
        self.created = now
        self.updated = now

    def merge_fields(self, packed: bytes) -> None:
        """Set the packed values; fields that are not among them keep theirs."""
        if self.fields is None or self.fields == packed:
            self.fields = packed
            return
        self.fields = pack(unpack(self.fields) | unpack(packed))


def pack(values: dict[int, str]) -> bytes:
    """{field id: value} as bytes, about a third of the dictionary's size."""
    return marshal.dumps(values)


def unpack(packed: bytes | None) -> dict[int, str]:
    """What `pack` packed; nothing for a contact without field values."""
    return {} if packed is None else marshal.loads(packed)


class Contacts:
    """All contacts, found by address (whatever its case) and by id."""

    def __init__(self) -> None:
        self._by_key: dict[str, Contact] = {}
        self._by_id: list[Contact | None] = []

    def __len__(self) -> int:
        return len(self._by_key)

    def find(self, key: str) -> Contact | None:
        """The contact with this lower-case address."""
        return self._by_key.get(key)

    def get(self, id: int) -> Contact | None:
        """The contact with this id."""
        return self._by_id[id - 1] if 0 < id <= len(self._by_id) else None

    def create(self, email: str, key: str, now: float) -> Contact:
        """A new contact; the caller knows that there is none with this address."""
        # One string object for both uses, where they are equal, halves what addresses take.
        contact = Contact(len(self._by_id) + 1, key if key == email else email, now)
        self._by_key[key] = contact
        self._by_id.append(contact)
        return contact

    def delete(self, contact: Contact) -> None:
        """Forget the contact; its id is never used again."""
        del self._by_key[key_of(contact.email)]
        self._by_id[contact.id - 1] = None

    def after(self, id: int) -> Iterator[Contact]:
        """The contacts with a greater id, in the order of their ids."""
        for position in range(max(id, 0), len(self._by_id)):
            contact = self._by_id[position]
            if contact is not None:
                yield contact
