from dataclasses import dataclass

import pytest

from shared.errors import SnapshotChanged
from shared.runs.planning import pin
from shared.segments.snapshots import Snapshot
from tests.builders import content, snapshot


@dataclass(slots=True)
class Shelf:
    """Segments whose model.json is being written for the first so many looks."""

    busy: int

    async def newest_snapshot(self, segment: str) -> Snapshot:
        self.busy -= 1
        if self.busy >= 0:
            raise SnapshotChanged("model.json went or changed since it was looked up")
        return snapshot(segment)


async def test_a_model_json_that_is_written_meanwhile_is_read_again() -> None:
    export = content(segments=[{"name": "Vip"}, {"name": "New"}])

    pinned = await pin(Shelf(busy=2), export)

    assert [found.segment for found in pinned] == ["Vip", "New"]


async def test_a_model_json_that_never_rests_is_an_error() -> None:
    with pytest.raises(SnapshotChanged):
        await pin(Shelf(busy=1000), content())
