"""Putting people into an account beforehand, as if they had always been there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from tools.sandbox.account import Account
from tools.sandbox.addresses import key_of
from tools.sandbox.contacts import Contact, pack
from tools.sandbox.memberships import Membership, Status

type StatusName = Literal["none", "active", "unsubscribed", "unconfirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody the account knows; `lists` maps list ids to states, `fields` field ids to values."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    email: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    fields: Mapping[int, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    lists: Mapping[int, StatusName] = field(default_factory=dict)
    bounced: bool = False


_ADAPTER = TypeAdapter(list[Person])


def parse_people(document: object) -> list[Person]:
    """The people that a JSON array describes; raises ValueError that names what is wrong."""
    try:
        return _ADAPTER.validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"people {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def add_person(account: Account, person: Person) -> Contact:
    """Make or replace a contact; raises ValueError for a list the account does not have."""
    for list_id in person.lists:
        if list_id not in account.directory.catalogue.lists:
            raise ValueError(f"there is no list {list_id}; add it first")
    directory, now = account.directory, account.clock.now()
    contact = directory.contacts.find(key_of(person.email))
    contact = contact or directory.contacts.create(person.email, key_of(person.email), now)
    contact.first_name, contact.last_name, contact.phone = person.first_name, person.last_name, person.phone
    contact.fields = pack(dict(person.fields)) if person.fields else None
    contact.bounced = person.bounced
    directory.add_tags(contact, person.tags, now)
    for list_id, name in person.lists.items():
        directory.memberships.put(list_id, contact, Membership(Status[name.upper()], now))
    return contact
