"""Which snapshot of a segment is the newest complete one."""

from shared.errors import SegmentError
from shared.segments.committed import committed_snapshot
from shared.segments.shelf import View
from shared.segments.snapshots import SegmentSummary, Snapshot
from shared.segments.sources import Committed, Dated, Flat, Source, Stamped, only_source
from shared.segments.uncommitted import dated_snapshot, flat_snapshot, stamped_snapshot


async def newest_snapshot(view: View, segment: str, sources: list[Source]) -> Snapshot:
    """The newest complete snapshot of `segment`, which is found at `sources`.

    Raises:
        SegmentNotFound: there is none.
        SnapshotChanged: it is being written; the next attempt may find it complete.
        SegmentFormatError: it is in several places, or described in a way that cannot be followed.
        SegmentMisplaced: a partition lies outside the container.
    """
    match only_source(segment, sources):
        case Committed() as source:
            return await committed_snapshot(view, segment, source)
        case Dated() as source:
            return await dated_snapshot(view, segment, source)
        case Flat() as source:
            return await flat_snapshot(view, segment, source)
        case Stamped() as source:
            return await stamped_snapshot(view, segment, source)


async def summarise(view: View, segment: str, sources: list[Source]) -> SegmentSummary:
    """What there is of `segment`; an error becomes its `problem`."""
    listed = [source.model.entities[segment] for source in sources if isinstance(source, Committed)]
    columns, types = (listed[0].columns, listed[0].types) if listed else ((), ())
    try:
        snapshot = await newest_snapshot(view, segment, sources)
    except SegmentError as error:
        return SegmentSummary(name=segment, columns=columns, types=types, snapshot=None, problem=str(error))
    return SegmentSummary(
        name=segment, columns=snapshot.columns, types=types, snapshot=snapshot, problem=None
    )
