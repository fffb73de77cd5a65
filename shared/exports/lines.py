"""The lines of the list of exports, before they are shown: searched and sorted."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.connections.connection import Connection
from shared.exports.activity import Activity
from shared.exports.export import Export
from shared.runs.run import Run

TYPE: Literal["activecampaign"] = "activecampaign"
"""Of every connection."""

Sort = Literal[
    "name",
    "-name",
    "connection",
    "-connection",
    "state",
    "-state",
    "refreshed_at",
    "-refreshed_at",
    "updated_at",
    "-updated_at",
    "updated_by",
    "-updated_by",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An export with what is shown beside it; `activity` is None until it is looked up."""

    export: Export
    connection: Connection | None
    activity: Activity | None = None

    @property
    def connection_name(self) -> str | None:
        """How people call the connection."""
        return self.connection.display_name if self.connection else None

    @property
    def last_run(self) -> Run | None:
        """The newest run."""
        return self.activity.last_run if self.activity else None

    def has(self, text: str) -> bool:
        """Whether the text occurs in name, connection or type."""
        searched = (self.export.name, self.connection_name or "", TYPE)
        return any(text.casefold() in one.casefold() for one in searched)


_KEYS: Mapping[str, Callable[[Line], Any]] = {
    "name": lambda line: line.export.name.casefold(),
    "connection": lambda line: line.connection_name and line.connection_name.casefold(),
    "state": lambda line: line.last_run and line.last_run.state,
    "refreshed_at": lambda line: line.activity and line.activity.refreshed_at,
    "updated_at": lambda line: line.export.updated_at,
    "updated_by": lambda line: line.export.updated_by.casefold(),
}
"""What a column sorts by; None where it is absent."""


def needs_activity(sort: Sort) -> bool:
    """Whether the order depends on what the exports did."""
    return sort.removeprefix("-") in ("state", "refreshed_at")


def ordered(lines: Iterable[Line], sort: Sort) -> list[Line]:
    """By the column, what is absent in it last in both directions; equal ones by id."""
    key = _KEYS[sort.removeprefix("-")]
    by_id = sorted(lines, key=lambda line: line.export.id)
    present = [line for line in by_id if key(line) is not None]
    absent = [line for line in by_id if key(line) is None]
    return sorted(present, key=key, reverse=sort.startswith("-")) + absent
