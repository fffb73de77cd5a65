import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.errors import SegmentError, SegmentFormatError, SegmentMisplaced, SegmentNotFound, SnapshotChanged
from shared.segments import sources
from shared.segments.choice import newest_snapshot, summarise
from shared.segments.dialect import Header
from shared.segments.offers import offered
from shared.segments.shelf import View
from shared.segments.snapshots import Snapshot
from shared.segments.sources import find_sources
from tests.unit.segments.shelf import NOW, MemoryShelf, RestlessShelf

ROOT = "CustomerInsights_1/BlobExport"
LONG_AGO = NOW - timedelta(days=1)
JUST_NOW = NOW - timedelta(minutes=1)


def view(shelf: MemoryShelf, header: Header | None = None) -> View:
    return View(shelf=shelf, now=NOW, settle=timedelta(minutes=10), header=header)


async def newest(
    shelf: MemoryShelf, segment: str = "Vip", *, prefix: str = "", header: Header | None = None
) -> Snapshot:
    look = view(shelf, header)
    return await newest_snapshot(look, segment, (await find_sources(look, prefix))[segment])


def commit(shelf: MemoryShelf, *locations: str | None, modified_at: datetime = LONG_AGO, **more: Any) -> None:
    entity = {
        "name": "Vip",
        "attributes": [{"name": "CustomerId"}, {"name": "EMail"}],
        "partitions": [{"name": str(index), "location": place} for index, place in enumerate(locations)],
    }
    model = {"modifiedTime": "2026-01-14T01:02:03Z", "entities": [entity | more]}
    shelf.put(f"{ROOT}/model.json", json.dumps(model).encode(), modified_at=modified_at)


def run(day: int, number: int = 1, *, root: str = ROOT) -> str:
    return f"{root}/Vip/2026/01/{day:02}/0640/Vip_{number}.csv"


async def test_of_several_runs_that_a_model_lists_only_the_newest_is_taken() -> None:
    shelf = MemoryShelf()
    places = [run(13), run(14, 2), run(14, 1)]
    for place in places:
        shelf.put(place, modified_at=LONG_AGO)
    commit(shelf, *places)

    snapshot = await newest(shelf)

    assert [partition.blob for partition in snapshot.partitions] == [run(14, 2), run(14, 1)]
    assert snapshot.taken_at == datetime.fromisoformat("2026-01-14T06:40Z")
    assert snapshot.notes == ("model.json lists 1 partitions of older runs, which were passed over",)


async def test_the_identity_stays_when_model_json_is_only_written_anew() -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    commit(shelf, run(14))
    first = await newest(shelf)
    commit(shelf, run(14), modified_at=JUST_NOW)
    second = await newest(shelf)
    shelf.put(run(14), modified_at=JUST_NOW)

    third = await newest(shelf)

    assert first.id == second.id != third.id
    assert first.model_etag != second.model_etag


async def test_the_identity_changes_with_the_columns() -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    commit(shelf, run(14))
    first = await newest(shelf)
    commit(shelf, run(14), attributes=[{"name": "EMail"}, {"name": "CustomerId"}])

    assert (await newest(shelf)).id != first.id


@pytest.mark.parametrize(
    ("place", "refreshed", "taken_at"),
    [
        (run(14), "2026-01-14T09:00:00Z", "2026-01-14T06:40:00Z"),
        ("Vip_1.csv", "2026-01-14T09:00:00Z", "2026-01-14T09:00:00Z"),
        ("Vip_1.csv", None, "2026-01-14T01:02:03Z"),
    ],
)
async def test_the_time_is_that_of_the_folder_or_the_refresh_or_the_model(
    place: str, refreshed: str | None, taken_at: str
) -> None:
    shelf = MemoryShelf()
    shelf.put(place, modified_at=LONG_AGO)
    commit(shelf, partitions=[{"location": place, "refreshTime": refreshed}])

    assert (await newest(shelf, prefix=f"{ROOT}/")).taken_at == datetime.fromisoformat(taken_at)


@pytest.mark.parametrize(
    ("locations", "error", "message"),
    [
        ((), SegmentNotFound, "lists no partition of segment 'Vip'"),
        ((None,), SegmentNotFound, "lists no partition of segment 'Vip'"),
        ((run(14), run(14)), SegmentFormatError, "a partition of segment 'Vip' twice"),
        (("https://other.blob.core.windows.net/c/a.csv",), SegmentMisplaced, "outside"),
        ((run(14), run(14, 2)), SegmentNotFound, "1 of 2 partitions are missing"),
    ],
)
async def test_a_model_that_cannot_be_followed_is_an_error_and_a_problem_in_the_list(
    locations: tuple[str | None, ...], error: type[SegmentError], message: str
) -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    commit(shelf, *locations)
    look = view(shelf)

    summary = await summarise(look, "Vip", (await find_sources(look, ""))["Vip"])

    assert (summary.snapshot, summary.columns) == (None, ("CustomerId", "EMail"))
    assert message in str(summary.problem)
    with pytest.raises(error, match=message):
        await newest(shelf)


async def test_missing_partitions_of_a_fresh_model_are_waited_for() -> None:
    shelf = MemoryShelf()
    shelf.put(run(13), modified_at=LONG_AGO)
    commit(shelf, run(14), modified_at=JUST_NOW)

    with pytest.raises(SnapshotChanged, match="still be writing"):
        await newest(shelf)


async def test_a_model_that_changes_while_its_partitions_are_looked_up_is_not_used() -> None:
    shelf = RestlessShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    commit(shelf, run(14))

    with pytest.raises(SnapshotChanged, match="changed while its partitions were looked up"):
        await newest(shelf)


async def test_a_partition_with_settings_that_cannot_be_followed_is_named() -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    listed = {"name": "first", "location": run(14), "fileFormatSettings": {"delimiter": "||"}}
    commit(shelf, partitions=[listed])

    with pytest.raises(SegmentFormatError, match="segment 'Vip', partition 'first': delimiter"):
        await newest(shelf)


async def test_columns_come_from_the_header_where_the_model_names_none() -> None:
    shelf = MemoryShelf()
    shelf.put(run(14, 1), b"", modified_at=LONG_AGO)
    shelf.put(run(14, 2), b"Key,CustomerId\r\n", modified_at=LONG_AGO)
    commit(shelf, run(14, 1), run(14, 2), attributes=None)

    snapshot = await newest(shelf)

    assert (snapshot.columns, snapshot.primary_key) == (("Key", "CustomerId"), "CustomerId")


@pytest.mark.parametrize("described", [True, False])
async def test_columns_that_a_first_row_names_are_offered_to_nobody(described: bool) -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), b"1,emil@example.com\r\n", modified_at=LONG_AGO)
    if described:
        commit(shelf, run(14), attributes=None)

    offer = offered(await newest(shelf), "EMail")

    assert offer == "its first row has 2 others; see whether that row is the header"


async def test_what_is_said_about_headers_can_be_overruled() -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    commit(shelf, run(14))

    assert (await newest(shelf)).partitions[0].dialect.header is Header.AUTO
    assert (await newest(shelf, header=Header.NO)).partitions[0].dialect.header is Header.NO


async def test_below_a_model_only_what_it_lists_is_there() -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    shelf.put(f"{ROOT}/New/2026/01/14/0640/New_1.csv", modified_at=LONG_AGO)
    commit(shelf, run(14))

    assert list(await find_sources(view(shelf), "")) == ["Vip"]


async def test_dated_folders_are_looked_into_no_further_than_to_the_newest_whole_one() -> None:
    shelf = MemoryShelf()
    shelf.put(run(12), modified_at=LONG_AGO)
    shelf.put(run(13, 1), modified_at=LONG_AGO)
    shelf.put(run(13, 2), modified_at=LONG_AGO)
    shelf.put(run(14), modified_at=JUST_NOW)

    snapshot = await newest(shelf)

    assert [partition.blob for partition in snapshot.partitions] == [run(13, 1), run(13, 2)]
    assert snapshot.notes == (f"{ROOT}/Vip/2026/01/14/0640/ was passed over: it was written only just now",)
    assert not [path for path in shelf.looked_into if "/01/12/" in path]


async def test_a_dated_folder_with_two_tables_is_no_snapshot() -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    shelf.put(run(14).replace("Vip_1", "Gold_2"), modified_at=LONG_AGO)

    with pytest.raises(SegmentNotFound, match="partitions of several tables"):
        await newest(shelf)


async def test_a_flat_segment_with_a_gap_is_not_complete() -> None:
    shelf = MemoryShelf()
    shelf.put("Vip/Vip_1.csv", modified_at=LONG_AGO)
    shelf.put("Vip/Vip_3.csv", modified_at=LONG_AGO)

    with pytest.raises(SegmentNotFound, match=r"'Vip/' is not complete: .* numbered 1, 3"):
        await newest(shelf)


async def test_a_flat_segment_is_as_old_as_its_youngest_blob() -> None:
    shelf = MemoryShelf()
    shelf.put("Vip_1.csv", modified_at=LONG_AGO)
    shelf.put("Vip_2.csv", modified_at=LONG_AGO + timedelta(minutes=3))

    assert (await newest(shelf)).taken_at == LONG_AGO + timedelta(minutes=3)


async def test_a_time_stamped_blob_written_just_now_is_passed_over() -> None:
    shelf = MemoryShelf()
    shelf.put("acs/Vip_1613059542.csv", modified_at=LONG_AGO)
    shelf.put("acs/Vip_1613069542.csv", modified_at=JUST_NOW)

    snapshot = await newest(shelf)

    assert [partition.name for partition in snapshot.partitions] == ["Vip_1613059542"]
    assert "Vip_1613069542.csv was passed over" in snapshot.notes[0]


async def test_a_container_full_of_other_folders_asks_for_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FOLDER_LIMIT", 5)
    shelf = MemoryShelf()
    for number in range(6):
        shelf.put(f"photos{number}/cat.jpg", modified_at=LONG_AGO)

    with pytest.raises(SegmentFormatError, match="more than 5 folders below '/'; set SEGMENTS_PREFIX"):
        await find_sources(view(shelf), "")


async def test_a_snapshot_survives_the_way_through_json() -> None:
    shelf = MemoryShelf()
    shelf.put(run(14), modified_at=LONG_AGO)
    commit(shelf, run(14))
    snapshot = await newest(shelf)

    assert Snapshot.from_json(snapshot.to_json()) == snapshot
