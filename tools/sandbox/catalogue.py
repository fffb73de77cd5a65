"""What an account offers to write to: lists, custom fields and tags."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

type FieldType = Literal[
    "text", "textarea", "date", "datetime", "dropdown", "radio", "checkbox", "listbox", "hidden", "number", ""
]
"""The types of custom fields (API reference, custom fields guide)."""

FIELD_TYPES: frozenset[str] = frozenset(get_args(FieldType.__value__))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """A list that contacts can be members of."""

    id: int
    name: str
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A custom field with its choices, if its type has them, and the lists where it shows (0: all)."""

    id: int
    title: str
    type: str
    perstag: str
    options: tuple[str, ...]
    lists: tuple[int, ...]
    created: float


@dataclass(slots=True)
class Catalogue:
    """The lists, fields and tags of one account; ids count from 1 and are never used again."""

    lists: dict[int, MailingList] = field(default_factory=dict)
    fields: dict[int, CustomField] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    tag_times: list[float] = field(default_factory=list)
    _last_list: int = 0

    def add_list(self, name: str, now: float) -> MailingList:
        """A new, empty list."""
        self._last_list += 1
        new = MailingList(id=self._last_list, name=name, created=now)
        self.lists[new.id] = new
        return new

    def add_field(
        self,
        title: str,
        now: float,
        *,
        type: str = "text",
        options: Sequence[str] = (),
        lists: Sequence[int] = (0,),
    ) -> CustomField:
        """A new custom field; raises ValueError for a type that ActiveCampaign does not have."""
        if type not in FIELD_TYPES:
            raise ValueError(f"{type!r} is no field type; there are {', '.join(sorted(FIELD_TYPES - {''}))}")
        new = CustomField(
            id=len(self.fields) + 1,
            title=title,
            type=type,
            perstag="".join(letter if letter.isalnum() else "_" for letter in title).upper(),
            options=tuple(options),
            lists=tuple(lists),
            created=now,
        )
        self.fields[new.id] = new
        return new

    def tag_id(self, name: str, now: float) -> int:
        """The id of the tag, which is made if there is none of that name."""
        known = self.tags.get(name)
        if known is not None:
            return known
        self.tag_times.append(now)
        self.tags[name] = len(self.tags) + 1
        return self.tags[name]
