"""The segment on three days: as it comes, with one in a hundred changed, and grown tenfold."""

from dataclasses import dataclass, replace
from itertools import cycle, islice
from random import Random
from typing import Self

from tools.demo.people import Profile, people

NAME = "ActiveCustomers"
_STRANGERS_SEED = 1
_FLAWS = ("{name}.example.com", "{name}@example", "mailto:{name}@example.com", "{name} @example.com", "")
"""Addresses as they are found in the wild, none of which ActiveCampaign would take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What Customer Insights knows of a day, by what the app should make of it.

    `people` can be sent, each once. `bad` rows have no usable address, `duplicates` share somebody's.
    `opted_out` are lower-case addresses of people who had unsubscribed from the list before; `unfitting`
    counts the people whose loyalty level is no option of the field.
    """

    people: tuple[Profile, ...]
    bad: tuple[Profile, ...]
    duplicates: tuple[Profile, ...]
    opted_out: frozenset[str]
    unfitting: int

    @classmethod
    def of(cls, profiles: int) -> Self:
        """The first day, with so many rows: one in a hundred bad, one a duplicate, one opted out."""
        share = profiles // 100
        made = list(islice(people(), profiles - share))
        known, spoilt = made[: profiles - 2 * share], made[profiles - 2 * share :]
        for at in range(2 * share, 3 * share):
            known[at] = replace(known[at], loyalty_level="platinum")
        return cls(
            people=tuple(known),
            bad=tuple(map(_spoil, spoilt, cycle(_FLAWS))),
            duplicates=tuple(map(_double, known[:share])),
            opted_out=frozenset(person.email for person in known[share : 2 * share]),
            unfitting=share,
        )

    @property
    def addresses(self) -> frozenset[str]:
        """Everybody who can be sent, in lower case."""
        return frozenset(person.email for person in self.people)

    @property
    def reachable(self) -> frozenset[str]:
        """Everybody who shall be on the list in the end."""
        return self.addresses - self.opted_out

    @property
    def size(self) -> int:
        """How many rows it has."""
        return len(self.people) + len(self.bad) + len(self.duplicates)

    @property
    def sample(self) -> Profile:
        """Somebody with a comma in the city, so that one sees that it arrives."""
        ordinary = self.people[3 * len(self.bad) :]
        return next((person for person in ordinary if "," in person.city), ordinary[0])

    def rows(self) -> list[tuple[str, ...]]:
        """All rows, mixed, the same way every time."""
        rows = [profile.row() for profile in (*self.people, *self.bad, *self.duplicates)]
        Random(len(rows)).shuffle(rows)
        return rows

    def with_purchases(self, us: str) -> tuple[Self, tuple[Profile, ...]]:
        """The next day, on which one in a hundred bought something, and who that was."""
        count = max(2, len(self.people) // 100)
        buyers = tuple(replace(person, last_purchase=us) for person in self.people[-count:])
        return replace(self, people=(*self.people[:-count], *buyers)), buyers

    def grown(self, factor: int) -> Self:
        """With so many times the rows: the same people and strangers."""
        wanted = self.size * (factor - 1)
        strangers = islice(people(_STRANGERS_SEED), wanted)
        renamed = (replace(person, email=f"new.{person.email}") for person in strangers)
        return replace(self, people=(*self.people, *renamed))


def _spoil(person: Profile, flaw: str) -> Profile:
    return replace(person, email=flaw.format(name=person.email.partition("@")[0]))


def _double(person: Profile) -> Profile:
    """The same person from another source: another id, the address in capitals."""
    return replace(person, customer_id=person.customer_id[::-1], email=person.email.upper())
