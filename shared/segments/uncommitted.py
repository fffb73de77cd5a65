"""Snapshots that no model.json describes: chosen by the names and ages of blobs, columns from the header."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from shared.errors import SegmentNotFound
from shared.segments.columns import columns_in
from shared.segments.dialect import Dialect, Header
from shared.segments.layouts import DATED_LEVELS, folder_time, incomplete, numbered
from shared.segments.model import primary_key
from shared.segments.shelf import View
from shared.segments.snapshots import Blob, Partition, Snapshot, snapshot_id
from shared.segments.sources import Dated, Flat, Stamped

_TOO_NEW: Final = "it was written only just now"


async def dated_snapshot(view: View, segment: str, source: Dated) -> Snapshot:
    """The newest dated folder that is settled and whole; those passed over stand in its notes.

    Raises:
        SegmentNotFound: there is none.
        SegmentFormatError: the header cannot be read.
    """
    notes: list[str] = []
    async for path in _runs(view, source.folder):
        partitions = numbered((await view.shelf.folder(path)).blobs)
        blobs = [partition.blob for partition in partitions]
        problem = incomplete(partitions) or (None if view.is_settled(*blobs) else _TOO_NEW)
        if problem is None:
            return await _snapshot(view, segment, blobs, folder_time(blobs[0].name), notes)
        notes.append(f"{path} was passed over: {problem}")
    detail = notes[0] if notes else f"{source.folder} holds no run"
    raise SegmentNotFound(f"segment {segment!r} has no complete dated folder; {detail}")


async def flat_snapshot(view: View, segment: str, source: Flat) -> Snapshot:
    """The partitions that lie side by side, if settled and whole; raises as `dated_snapshot` does."""
    folder = await view.shelf.folder(source.folder)
    partitions = [partition for partition in numbered(folder.blobs) if partition.stem == source.stem]
    blobs = [partition.blob for partition in partitions]
    problem = incomplete(partitions) or (None if view.is_settled(*blobs) else _TOO_NEW)
    if problem:
        raise SegmentNotFound(f"segment {segment!r} in {source.folder or '/'!r} is not complete: {problem}")
    return await _snapshot(view, segment, blobs, None, [])


async def stamped_snapshot(view: View, segment: str, source: Stamped) -> Snapshot:
    """The newest time-stamped blob that is settled; raises as `dated_snapshot` does."""
    notes: list[str] = []
    for table in source.tables:
        if view.is_settled(table.blob):
            return await _snapshot(view, segment, [table.blob], table.taken_at, notes)
        notes.append(f"{table.blob.name} was passed over: {_TOO_NEW}")
    raise SegmentNotFound(f"segment {segment!r} has no complete blob; {notes[0]}")


async def _runs(view: View, path: str, level: int = 0) -> AsyncIterator[str]:
    """The dated folders below `path`, newest first, looked up no further than they are asked for."""
    folders = (await view.shelf.folder(path)).folders
    named = [folder for folder in folders if re.fullmatch(DATED_LEVELS[level], folder.split("/")[-2])]
    for folder in sorted(named, reverse=True):
        if level == len(DATED_LEVELS) - 1:
            yield folder
            continue
        async for run in _runs(view, folder, level + 1):
            yield run


async def _snapshot(
    view: View, segment: str, blobs: Sequence[Blob], stated: datetime | None, notes: list[str]
) -> Snapshot:
    partitions = tuple(_partition(blob) for blob in blobs)
    columns = await columns_in(view.shelf, partitions)
    taken_at = stated or max(blob.modified_at for blob in blobs)
    return Snapshot(
        segment=segment,
        id=snapshot_id(segment, taken_at, columns, partitions),
        taken_at=taken_at,
        columns=columns,
        primary_key=primary_key(columns),
        partitions=partitions,
        notes=tuple(notes),
        columns_from_header=True,
    )


def _partition(blob: Blob) -> Partition:
    return Partition(
        name=blob.name.rpartition("/")[2].partition(".csv")[0],
        blob=blob.name,
        etag=blob.etag,
        size=blob.size,
        dialect=Dialect(header=Header.YES),
        gzip=blob.name.endswith(".gz"),
    )
