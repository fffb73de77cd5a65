"""Whether the segments of a draft are there, with the columns that it maps."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Protocol

from shared.contacts.compile import Target, missing_columns
from shared.errors import ConfigurationError, SegmentError, SegmentNotFound, StateError
from shared.exports.drafts import ExportDraft, Place
from shared.exports.remarks import Remarks
from shared.segments.snapshots import SegmentSummary, Snapshot


class Segments(Protocol):
    """The part of the segment store that tells what is there."""

    async def segments(self) -> list[SegmentSummary]: ...
    async def newest_snapshot(self, segment: str) -> Snapshot: ...


async def check_segments(segments: Segments, draft: ExportDraft, found: Remarks) -> None:
    """Every segment must be there, with every mapped column; what cannot be looked up is a warning."""
    try:
        await _check(segments, draft, found)
    except (SegmentError, ConfigurationError, StateError) as error:
        found.warn(f"the segments could not be checked: {error}", "segments")


async def _check(segments: Segments, draft: ExportDraft, found: Remarks) -> None:
    names = [segment.name for segment in draft.segments]
    newest = await _newest(segments, set(names))
    is_missing = any(isinstance(one, SegmentNotFound) for one in newest.values())
    there = {summary.name for summary in await segments.segments()} if is_missing else set(names)
    for place, name in enumerate(names):
        match newest[name]:
            case Snapshot() as snapshot:
                _check_columns(snapshot, draft, found)
            case SegmentNotFound() as error if there and name not in there:
                found.refuse(str(error), "segments", place, "name")
            case error:
                found.warn(f"its columns could not be checked: {error}", "segments", place, "name")


async def _newest(segments: Segments, names: Iterable[str]) -> dict[str, Snapshot | SegmentError]:
    async def newest(name: str) -> tuple[str, Snapshot | SegmentError]:
        try:
            return name, await segments.newest_snapshot(name)
        except SegmentError as error:
            return name, error

    return dict(await asyncio.gather(*map(newest, names)))


def _check_columns(snapshot: Snapshot, draft: ExportDraft, found: Remarks) -> None:
    """A column that is gone would hold every plan, and without the e-mail column there is none."""
    if not snapshot.columns:
        found.warn(f"segment {snapshot.segment} is empty, so its columns could not be checked", "segments")
        return
    for place, column in _mapped(draft):
        name = str(place[-1]) if place[0] == "mapping" else "prefer"
        for sentence in missing_columns(snapshot, [Target(column=column, name=name)], None):
            found.refuse(sentence, *place)


def _mapped(draft: ExportDraft) -> Iterator[tuple[Place, str]]:
    """Every column that the draft names, and where."""
    for name, column in draft.mapping.model_dump(exclude={"fields"}, exclude_none=True).items():
        yield ("mapping", name), column
    for name, column in draft.mapping.fields.items():
        yield ("mapping", "fields", name), column
    if draft.prefer:
        yield ("prefer", "column"), draft.prefer.column
