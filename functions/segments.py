"""HTTP: segments."""

from functions.http import Answer, Call, Routes
from shared.errors import NotFound, SegmentFormatError, SnapshotChanged
from shared.segments.browsing import SegmentBrowser, SegmentDetails, SegmentList, SegmentQuery

routes = Routes()


@routes.operation(
    "GET",
    "segments",
    query=SegmentQuery,
    gives=SegmentList,
    raises=(SegmentFormatError, SnapshotChanged),
)
async def list_segments(call: Call) -> Answer:
    """Segments by name, each with its newest complete snapshot or the reason why there is none."""
    return Answer(value=await _browser(call).page(call.query(SegmentQuery)))


@routes.operation(
    "GET", "segments/{name}", gives=SegmentDetails, raises=(NotFound, SegmentFormatError, SnapshotChanged)
)
async def show_segment(call: Call) -> Answer:
    """One segment with its columns."""
    return Answer(value=await _browser(call).details(call.request.route_params["name"]))


def _browser(call: Call) -> SegmentBrowser:
    return SegmentBrowser(call.services.runs.segments)
