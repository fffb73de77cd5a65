"""What ActiveCampaign tells, as values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

FieldType = Literal[
    "text", "textarea", "date", "datetime", "dropdown", "radio", "checkbox", "listbox", "hidden", "number"
]
"""The types of custom fields (ActiveCampaign API reference, custom fields); any other is read as text."""

OutcomeState = Literal["undecided", "completed", "failed", "interrupted"]

MembershipStatus = Literal["subscribed", "unsubscribed", "unconfirmed", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Whom the API key belongs to."""

    user_id: int
    username: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLimits:
    """How many contacts the account may have and has; None where it does not say."""

    subscriber_limit: int | None
    subscriber_total: int | None

    @property
    def is_full(self) -> bool:
        """Whether it says that there is no room for another contact."""
        limit, total = self.subscriber_limit, self.subscriber_total
        return limit is not None and total is not None and total >= limit


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """A list of the account."""

    list_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A custom field of contacts: `perstag` is its personalisation tag without the percent signs.

    `options` are the texts that a dropdown, radio, checkbox or listbox accepts, in the order of the form.
    """

    field_id: int
    title: str
    perstag: str
    type: FieldType
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A queued import; `queued` is below the number sent when addresses are on the exclusion list."""

    batch_id: str
    queued: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a queued import; `failures` are the addresses that were not imported."""

    state: OutcomeState
    failures: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Sums over all imports of the account, whoever sent them; completed ones go back seven days."""

    outstanding_batches: int
    outstanding_contacts: int
    completed_batches: int
    completed_contacts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """How a contact stands to one list."""

    list_id: int
    status: MembershipStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact of the account, without what a person would be known by."""

    contact_id: int
    bounced: bool
    """Whether a mail came back for good, so that imports refuse it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A phrase of the exclusion list: addresses that are it, or end with it, are not imported."""

    phrase: str = field(repr=False)
    """In lower case."""
    ends: bool
    lists: frozenset[int]
    """Where it holds; everywhere, if there are none."""

    def applies(self, address: str, lists: Collection[int]) -> bool:
        """Whether it keeps a normalised address from one of these lists."""
        matches = address.endswith(self.phrase) if self.ends else address == self.phrase
        return matches and (not self.lists or not self.lists.isdisjoint(lists))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """A part of a collection, by id; `total` is the size of the whole, where it is told."""

    items: Mapping[int, T]
    total: int | None

    def is_last(self, offset: int, limit: int) -> bool:
        """Whether nothing follows, `offset` being the items read so far, this page included."""
        return len(self.items) < limit if self.total is None else offset >= self.total
