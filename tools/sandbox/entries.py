"""One contact of a bulk import, checked and made small."""

from collections.abc import Collection
from typing import Any, NamedTuple

from tools.sandbox.addresses import doubtful, key_of, well_formed
from tools.sandbox.contacts import pack
from tools.sandbox.knobs import Knobs


class Entry(NamedTuple):
    """What an import will write; None and empty mean that the request does not say.

    `flawed` entries pass the request's checks and end in the batch's failures.
    """

    email: str
    key: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    account_name: str | None
    fields: bytes | None
    tags: tuple[str, ...]
    subscribe: tuple[int, ...]
    unsubscribe: tuple[int, ...]
    flawed: bool


class Refused(Exception):
    """A contact that makes ActiveCampaign refuse the whole request; the text is its reason."""


class EntryReader:
    """Turns the `contacts` of a request into entries (API reference, bulk import, request)."""

    def __init__(self, knobs: Knobs, lists: Collection[int], fields: Collection[int]) -> None:
        self._knobs = knobs
        self._lists = lists
        self._fields = frozenset(fields)

    def read(self, contact: Any) -> Entry:
        """The entry of one contact; raises Refused with the reason that ActiveCampaign gives."""
        email = contact.get("email") if isinstance(contact, dict) else None
        if not isinstance(email, str) or not email:
            raise Refused("Field 'email' not found")
        values, strange = self._values(contact)
        return Entry(
            email,
            key_of(email),
            self._text(contact, "first_name"),
            self._text(contact, "last_name"),
            self._text(contact, "phone"),
            self._text(contact, "customer_acct_name"),
            values,
            self._tags(contact),
            self._list_ids(contact, "subscribe"),
            self._list_ids(contact, "unsubscribe"),
            self._bad_address(email) or strange,
        )

    def _bad_address(self, email: str) -> bool:
        if well_formed(email):
            return doubtful(email)
        if self._knobs.bad_address == "refuse":
            documented = self._knobs.wording == "documented"
            raise Refused(f"Field{'\u2018 email\u2019' if documented else " 'email'"} incorrect format")
        return True

    def _text(self, contact: dict[str, Any], name: str) -> str | None:
        value = contact.get(name)
        if isinstance(value, str):
            return value
        if name in contact:
            self._wrong_type(name)
        return None

    def _tags(self, contact: dict[str, Any]) -> tuple[str, ...]:
        tags = contact.get("tags")
        if tags is None and "tags" not in contact:
            return ()
        if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
            return tuple(tags)
        self._wrong_type("tags")
        return ()

    def _list_ids(self, contact: dict[str, Any], name: str) -> tuple[int, ...]:
        """The schema says that `listid` is a string, its examples have integers: both are taken."""
        targets = contact.get(name)
        if targets is None and name not in contact:
            return ()
        try:
            ids = tuple([int(target["listid"]) for target in targets])  # type: ignore[union-attr]
        except (TypeError, KeyError, ValueError):
            self._wrong_type(name)
            return ()
        if self._knobs.unknown_list == "refuse" and any(id not in self._lists for id in ids):
            raise Refused(f"Field '{name}' names an unknown list")
        return ids

    def _values(self, contact: dict[str, Any]) -> tuple[bytes | None, bool]:
        """The packed field values, and whether an unknown field makes the contact fail later."""
        fields = contact.get("fields")
        if fields is None and "fields" not in contact:
            return None, False
        try:
            values = {field["id"]: field["value"] for field in fields}  # type: ignore[union-attr]
        except (TypeError, KeyError):
            values = {None: None}
        if set(map(type, values)) <= {int} and set(map(type, values.values())) <= {str}:
            return self._known(values)
        self._wrong_type("fields")
        return None, False

    def _known(self, values: dict[int, str]) -> tuple[bytes | None, bool]:
        unknown = values.keys() - self._fields
        if unknown and self._knobs.unknown_field == "refuse":
            raise Refused("Field 'fields' names an unknown custom field")
        known = {id: values[id] for id in values if id not in unknown} if unknown else values
        fails = bool(unknown) and self._knobs.unknown_field == "failure"
        return (pack(known) if known else None), fails

    def _wrong_type(self, name: str) -> None:
        if self._knobs.wrong_type == "refuse":
            raise Refused(f"Field '{name}' incorrect format")
