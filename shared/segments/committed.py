"""The snapshot that a model.json commits."""

import asyncio
from dataclasses import replace
from datetime import datetime

from shared.errors import SegmentError, SegmentFormatError, SegmentNotFound, SnapshotChanged
from shared.excerpts import excerpt
from shared.segments.columns import columns_in
from shared.segments.layouts import folder_time
from shared.segments.locations import Location, locate
from shared.segments.model import ListedPartition, primary_key
from shared.segments.shelf import View
from shared.segments.snapshots import Blob, Partition, Snapshot, snapshot_id
from shared.segments.sources import Committed

_BLOB_NAME = 1024
"""Characters that a blob's name may have (Azure, naming and referencing blobs)."""

type Located = tuple[ListedPartition, Location]


async def committed_snapshot(view: View, segment: str, source: Committed) -> Snapshot:
    """The snapshot of `segment` that model.json lists: never an older one, nor a newer one that it omits.

    Raises:
        SegmentNotFound: nothing is listed, or what is listed has been missing for longer than `settle`.
        SnapshotChanged: it is being written.
        SegmentFormatError: it is described in a way that cannot be followed.
        SegmentMisplaced: a partition lies outside the container.
    """
    entity = source.model.entities[segment]
    url = view.shelf.url
    listed = [(part, locate(part.location, container_url=url)) for part in entity.partitions]
    listed, notes = _newest_run(segment, listed)
    blobs = await _blobs(view, segment, source, listed)
    pairs = zip(listed, blobs, strict=True)
    partitions = tuple(_partition(view, segment, part, place, blob) for (part, place), blob in pairs)
    columns = entity.columns or await columns_in(view.shelf, partitions)
    taken_at = _taken_at(source, listed, blobs)
    await _check_unmoved(view, source)
    return Snapshot(
        segment=segment,
        id=snapshot_id(segment, taken_at, columns, partitions),
        taken_at=taken_at,
        columns=columns,
        primary_key=primary_key(columns, entity.annotated_key),
        partitions=partitions,
        model_blob=source.blob.name,
        model_etag=source.blob.etag,
        notes=notes,
        columns_from_header=not entity.columns,
    )


def _newest_run(segment: str, listed: list[Located]) -> tuple[list[Located], tuple[str, ...]]:
    """The partitions of the newest dated folder: each run writes the whole segment into a folder of its own.

    Nothing documents that model.json lists the newest run only, and reading two would double the segment.
    """
    if not listed:
        raise SegmentNotFound(f"model.json lists no partition of {_named(segment)}; has it been exported?")
    if len({place for _, place in listed}) < len(listed):
        raise SegmentFormatError(f"model.json lists a partition of {_named(segment)} twice")
    times = [folder_time(place.blob) for _, place in listed]
    dated = [time for time in times if time]
    if len(set(dated)) < 2 or len(dated) < len(listed):
        return listed, ()
    kept = [pair for pair, time in zip(listed, times, strict=True) if time == max(dated)]
    older = len(listed) - len(kept)
    return kept, (f"model.json lists {older} partitions of older runs, which were passed over",)


async def _blobs(view: View, segment: str, source: Committed, listed: list[Located]) -> list[Blob]:
    places = [place for _, place in listed]
    found = await asyncio.gather(*(view.shelf.describe(place.blob, place.blob_snapshot) for place in places))
    missing = [place.blob for place, blob in zip(places, found, strict=True) if blob is None]
    if missing:
        raise _half_written(view, segment, source, missing, len(listed))
    return [blob for blob in found if blob is not None]


def _half_written(
    view: View, segment: str, source: Committed, missing: list[str], count: int
) -> SegmentError:
    gone = f"{len(missing)} of {count} partitions are missing, the first {excerpt(missing[0], _BLOB_NAME)}"
    what = f"{_named(segment)}: {gone}"
    if not view.is_settled(source.blob):
        return SnapshotChanged(f"{what}; Customer Insights may still be writing, so try again later")
    since = f"{source.blob.modified_at:%Y-%m-%d %H:%M} UTC"
    return SegmentNotFound(
        f"{what}, and {source.blob.name} has listed them since {since}; export the segment again"
    )


def _partition(view: View, segment: str, listed: ListedPartition, place: Location, blob: Blob) -> Partition:
    try:
        dialect = listed.dialect()
    except SegmentFormatError as error:
        where = f"{_named(segment)}, partition {excerpt(listed.name)!r}"
        raise SegmentFormatError(f"{where}: {error}") from error
    return Partition(
        name=listed.name,
        blob=blob.name,
        etag=blob.etag,
        size=blob.size,
        dialect=replace(dialect, header=view.header or dialect.header),
        gzip=blob.name.endswith(".gz"),
        blob_snapshot=place.blob_snapshot,
    )


def _named(segment: str) -> str:
    return f"segment {excerpt(segment)!r}"


def _taken_at(source: Committed, listed: list[Located], blobs: list[Blob]) -> datetime:
    """The time of the dated folder, else of the last refresh, else of model.json, else of the last blob."""
    refreshed = [partition.refreshed_at for partition, _ in listed if partition.refreshed_at]
    stated = folder_time(blobs[0].name) or max(refreshed, default=source.model.modified_at)
    return stated or max(blob.modified_at for blob in blobs)


async def _check_unmoved(view: View, source: Committed) -> None:
    current = await view.shelf.describe(source.blob.name, None)
    if current is None or current.etag != source.blob.etag:
        raise SnapshotChanged(f"{source.blob.name} changed while its partitions were looked up; try again")
