"""Segments and columns: what is a mistake, and what only cannot be looked up."""

import pytest

from shared.errors import (
    ConfigurationError,
    SegmentFormatError,
    SegmentNotFound,
    SnapshotChanged,
    StateUnavailable,
)
from tests.builders import snapshot
from tests.unit.exports.stored import Segments, World, places, warned


async def test_a_segment_that_is_unknown_among_others_is_a_mistake() -> None:
    checked = await World().check(segments=[{"name": "Vips"}])

    assert (places(checked), warned(checked)) == (["/segments/0/name"], [])


async def test_where_no_segment_was_written_yet_none_can_be_a_mistake() -> None:
    checked = await World(segments=Segments({})).check()

    assert (places(checked), warned(checked)) == ([], ["/segments/0/name"])


@pytest.mark.parametrize(
    "fault",
    [
        SegmentNotFound("segment 'Vip' has no complete dated folder"),
        SnapshotChanged("it is being written"),
        SegmentFormatError("model.json cannot be followed"),
    ],
)
async def test_a_segment_without_a_complete_snapshot_is_a_warning(fault: Exception) -> None:
    checked = await World(segments=Segments({"Vip": fault})).check()

    assert (places(checked), warned(checked)) == ([], ["/segments/0/name"])
    assert str(fault) in checked.warnings[0].message


@pytest.mark.parametrize("fault", [ConfigurationError("may not be read"), StateUnavailable("no answer")])
async def test_storage_that_cannot_be_reached_is_one_warning_for_all_segments(fault: Exception) -> None:
    segments = Segments({"Vip": fault, "New": fault})

    checked = await World(segments=segments).check(segments=[{"name": "Vip"}, {"name": "New"}])

    assert (places(checked), warned(checked)) == ([], ["/segments"])


async def test_a_snapshot_that_tells_no_columns_is_a_warning() -> None:
    checked = await World(segments=Segments({"Vip": snapshot(columns=())})).check()

    assert (places(checked), warned(checked)) == ([], ["/segments"])


async def test_a_column_must_be_in_every_segment_since_each_plan_would_be_held() -> None:
    segments = Segments({"Vip": snapshot(), "New": snapshot("New", columns=("EMail",))})
    mapping = {"email": "EMail", "first_name": "FirstName"}

    checked = await World(segments=segments).check(
        segments=[{"name": "Vip"}, {"name": "New"}], mapping=mapping
    )

    assert [problem.pointer for problem in checked.problems] == ["/mapping/first_name"]
    assert "segment New has no column 'FirstName'" in checked.problems[0].message
