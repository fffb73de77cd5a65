"""What is sent: contacts, and the bodies that carry them.

Facts: ActiveCampaign API reference, bulk import. Its spellings (listid, batchId) stop here and in `replies`.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from json import JSONDecoder
from json.encoder import encode_basestring
from typing import Literal

MAX_CONTACTS = 250
MAX_BODY_BYTES = 399_999

type Attribute = Literal["email", "first_name", "last_name", "phone"]
type Column = Attribute | int
"""Where a value goes: an attribute of the contact, or the custom field of this id."""

_OPENING = '{"contacts":['


class ContactEncoder:
    """Writes contacts that differ in their values only; built once per set of columns, lists and tags.

    A contact that has all its values is written through a template.
    """

    def __init__(
        self,
        *,
        columns: Sequence[Column],
        list_ids: Collection[int],
        tags: Iterable[str] = (),
        send_empty: bool = True,
    ) -> None:
        """`columns` name the values of every contact, in their order, and hold "email" (else ValueError).

        Without `send_empty` an empty value leaves its key out, as None does.
        """
        self._send_empty = send_empty
        self._email = columns.index("email")
        self._attributes = [
            (at, f",{encode_basestring(column)}:")
            for at, column in enumerate(columns)
            if isinstance(column, str) and column != "email"
        ]
        self._fields = [
            (at, f'{{"id":{column},"value":') for at, column in enumerate(columns) if isinstance(column, int)
        ]
        self._ending = _tags(tags) + _subscribe(list_ids) + "}"
        order = [self._email, *(at for at, _ in self._attributes), *(at for at, _ in self._fields)]
        self._in_order = order == sorted(order)
        self._template = self._make_template("%s")
        self._bare = self._make_template('"%s"')
        """For values in which JSON has nothing to escape."""

    def encode(self, values: Sequence[str | None]) -> bytes:
        """The contact as compact JSON in UTF-8: None leaves the key out, "" is sent and overwrites.

        Raises UnicodeEncodeError where a value holds half of a surrogate pair, TypeError without an e-mail.
        """
        if not self._in_order or None in values or "" in values:
            return self._encode_some(values)
        text = "".join(values)  # type: ignore[arg-type]  # none of them is None
        if text.isprintable() and '"' not in text and "\\" not in text:
            return (self._bare % tuple(values)).encode()
        return (self._template % tuple(map(encode_basestring, values))).encode()  # type: ignore[arg-type]  # as above

    def _make_template(self, place: str) -> str:
        """The whole contact with `place` for each value, in the order of the columns."""
        attributes = "".join(f"{key}\0" for _, key in self._attributes)
        fields = "},".join(f"{key}\0" for _, key in self._fields)
        listed = f',"fields":[{fields}}}]' if fields else ""
        text = f'{{"email":\0{attributes}{listed}{self._ending}'
        return text.replace("%", "%%").replace("\0", place)

    def _encode_some(self, values: Sequence[str | None]) -> bytes:
        if not self._send_empty:
            values = [value or None for value in values]
        email = values[self._email]
        if email is None:
            raise TypeError("a contact needs an e-mail address")
        attributes = [
            key + encode_basestring(value)
            for at, key in self._attributes
            if (value := values[at]) is not None
        ]
        fields = [
            key + encode_basestring(value) for at, key in self._fields if (value := values[at]) is not None
        ]
        start = '{"email":' + encode_basestring(email) + "".join(attributes)
        if fields:
            start += ',"fields":[' + "},".join(fields) + "}]"
        return (start + self._ending).encode()


def bulk_body(contacts: Sequence[bytes], *, exclude_automations: bool) -> bytes:
    """The body of one import of encoded contacts."""
    return _OPENING.encode() + b",".join(contacts) + _closing(exclude_automations).encode()


def bulk_overhead(count: int, *, exclude_automations: bool) -> int:
    """The bytes that a body of `count` contacts has beside the contacts themselves."""
    return len(_OPENING) + max(count - 1, 0) + len(_closing(exclude_automations))


def decode_bulk_body(body: bytes) -> list[bytes]:
    """The encoded contacts of a body that `bulk_body` wrote, byte for byte; ValueError for any other."""
    text = body.decode()
    if not text.startswith(_OPENING):
        raise ValueError("not a body of contacts")
    decoder, contacts, start = JSONDecoder(), list[bytes](), len(_OPENING)
    while text[start : start + 1] != "]":
        _, end = decoder.raw_decode(text, start)
        contacts.append(text[start:end].encode())
        start = end + (text[end : end + 1] == ",")
    return contacts


def list_ids_of(contact: bytes) -> frozenset[int]:
    """The lists that an encoded contact is to be put on."""
    return frozenset(int(item["listid"]) for item in json.loads(contact).get("subscribe", ()))


def _tags(tags: Iterable[str]) -> str:
    named = ",".join(encode_basestring(tag) for tag in dict.fromkeys(tags) if tag.strip())
    return f',"tags":[{named}]' if named else ""


def _subscribe(list_ids: Collection[int]) -> str:
    lists = ",".join(f'{{"listid":{list_id}}}' for list_id in sorted(set(list_ids)))
    return f',"subscribe":[{lists}]' if lists else ""


def _closing(exclude_automations: bool) -> str:
    return f'],"exclude_automations":{"true" if exclude_automations else "false"}}}'
