"""What ActiveCampaign tells, as values."""

from collections.abc import Mapping
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
class Page[T]:
    """A part of a collection, by id; `total` is the size of the whole, where it is told."""

    items: Mapping[int, T]
    total: int | None

    def is_last(self, offset: int, limit: int) -> bool:
        """Whether nothing follows, `offset` being the items read so far, this page included."""
        return len(self.items) < limit if self.total is None else offset >= self.total
