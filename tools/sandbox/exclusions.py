"""Addresses the account refuses to import."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A phrase that an address must not equal, or must not end with; `lists` narrows it (none: all)."""

    id: int
    phrase: str
    match: Literal["exact", "end"]
    lists: tuple[int, ...] = ()

    def applies(self, subscribe: tuple[int, ...]) -> bool:
        """Whether the exclusion stands in the way of subscribing to one of these lists."""
        return not self.lists or not set(self.lists).isdisjoint(subscribe)


@dataclass(slots=True)
class Exclusions:
    """The account's exclusion list."""

    all: list[Exclusion] = field(default_factory=list)
    _exact: dict[str, list[Exclusion]] = field(default_factory=dict)
    _ends: list[Exclusion] = field(default_factory=list)

    def add(
        self, phrase: str, match: Literal["exact", "end"] = "exact", lists: tuple[int, ...] = ()
    ) -> Exclusion:
        """Exclude an address, or with `end` every address that ends so."""
        exclusion = Exclusion(id=len(self.all) + 1, phrase=phrase.lower(), match=match, lists=lists)
        self.all.append(exclusion)
        if match == "exact":
            self._exact.setdefault(exclusion.phrase, []).append(exclusion)
        else:
            self._ends.append(exclusion)
        return exclusion

    def exclude(self, key: str, subscribe: tuple[int, ...]) -> bool:
        """Whether the lower-case address is excluded from these lists."""
        if not self.all:
            return False
        matching = self._exact.get(key, []) + [one for one in self._ends if key.endswith(one.phrase)]
        return any(one.applies(subscribe) for one in matching)
