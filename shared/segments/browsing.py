"""Browsing: what is there, for people who choose segments and columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import NotFound, SegmentNotFound
from shared.segments.snapshots import SegmentSummary, Snapshot

_NAME = re.compile(r'(?! )[^"/\x00-\x1f\x7f]{1,256}(?<! )')
"""At most 256 characters, no double quote, no spaces at the edges (CDM documentation, model.json); nor what
no blob's name can hold between two slashes. Dots are let pass: only model.json forbids them."""


class SnapshotView(BaseModel):
    """The newest complete snapshot of a segment."""

    id: str
    taken_at: datetime | None
    size: int = Field(description="Bytes of all partitions as they lie in storage")
    partitions: int
    notes: list[str] = Field(description="What was passed over in choosing it")


class SegmentView(BaseModel):
    """A segment: its newest complete snapshot, or why there is none."""

    name: str = Field(description="The output table's name in Customer Insights")
    snapshot: SnapshotView | None
    problem: str | None = Field(description="Why there is no complete snapshot")


class ColumnView(BaseModel):
    """A column that an export can map."""

    name: str
    type: str | None = Field(
        description="As model.json names it, such as `string` or `dateTime`; absent where none describes it"
    )


class SegmentDetails(SegmentView):
    """A segment with its columns, in their order."""

    columns: list[ColumnView]
    primary_key: str | None = Field(description="The column that reports name profiles by")


class SegmentQuery(BaseModel):
    """Which page of the segments."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    search: Annotated[str, Field(max_length=256, description="In the name, in any case")] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 100
    continuation: Annotated[str, Field(max_length=256, description="As the page before gave it")] = ""


class SegmentList(BaseModel):
    """A page of segments by name."""

    segments: list[SegmentView]
    continuation: str | None = Field(default=None, description="For the next page, if there is one")


class Segments(Protocol):
    """The part of the segment store that is browsed."""

    async def segments(self) -> list[SegmentSummary]: ...
    async def segment(self, name: str) -> SegmentSummary: ...


@dataclass(frozen=True, slots=True)
class SegmentBrowser:
    """Shows what Customer Insights has written."""

    segments: Segments

    async def page(self, query: SegmentQuery) -> SegmentList:
        """One page. Raises SegmentFormatError, SnapshotChanged and ConfigurationError."""
        found = [summary for summary in await self.segments.segments() if _is_wanted(summary.name, query)]
        shown = [_view(summary) for summary in found[: query.limit]]
        more = len(found) > query.limit
        return SegmentList(segments=shown, continuation=shown[-1].name if more else None)

    async def details(self, name: str) -> SegmentDetails:
        """One segment. Raises NotFound, and what `page` raises."""
        if not _NAME.fullmatch(name):
            raise NotFound("no segment can have this name; GET /api/segments lists those that are there")
        try:
            summary = await self.segments.segment(name)
        except SegmentNotFound as error:
            raise NotFound(str(error)) from error
        key = summary.snapshot.primary_key if summary.snapshot else None
        return SegmentDetails(**dict(_view(summary)), columns=_columns(summary), primary_key=key)


def _is_wanted(name: str, query: SegmentQuery) -> bool:
    return name > query.continuation and query.search.casefold() in name.casefold()


def _view(summary: SegmentSummary) -> SegmentView:
    snapshot = _snapshot(summary.snapshot) if summary.snapshot else None
    return SegmentView(name=summary.name, snapshot=snapshot, problem=summary.problem)


def _snapshot(snapshot: Snapshot) -> SnapshotView:
    return SnapshotView(
        id=snapshot.id,
        taken_at=snapshot.taken_at,
        size=sum(partition.size for partition in snapshot.partitions),
        partitions=len(snapshot.partitions),
        notes=list(snapshot.notes),
    )


def _columns(summary: SegmentSummary) -> list[ColumnView]:
    types: Sequence[str | None] = summary.types or [None] * len(summary.columns)
    return [ColumnView(name=name, type=type_) for name, type_ in zip(summary.columns, types, strict=True)]
