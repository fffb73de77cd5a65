"""Segments over HTTP: what Customer Insights has written, and what can be mapped."""

import csv
import io
import json

import pytest
import pytest_asyncio

from tests.e2e.scene import FIRST
from tests.integration.api.answers import ask
from tests.integration.api.conftest import signed_in
from tests.pipeline import COLUMNS, people
from tools.deployment import Api, Deployment
from tools.segments import write_segment

pytestmark = pytest.mark.asyncio(loop_scope="module")


def as_csv(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def furnished(deployment: Deployment) -> None:
    """One segment that is complete, one whose partition is missing, one that only its folder describes."""
    container = deployment.segments
    for name in ("HighValue", "Half"):
        await write_segment(
            container, segment=name, columns=COLUMNS, rows=people(7), partitions=2, taken_at=FIRST
        )
    half = [name async for name in container.list_blob_names() if name.endswith("/Half_2.csv")]
    await container.delete_blob(half[0])
    await container.upload_blob("loose/With space_1.csv", as_csv([("Id", "Mail"), ("1", "a@example.com")]))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def viewer(deployment: Deployment) -> Api:
    return signed_in(deployment, "Viewer", "vic@example.org")


async def test_segments_are_listed_with_their_newest_snapshot_or_why_there_is_none(
    viewer: Api, deployment: Deployment
) -> None:
    container = deployment.segments
    sizes = [blob.size async for blob in container.list_blobs() if "/HighValue_" in blob.name]

    found = await ask(viewer, "GET", "segments")

    half, high, loose = found.json["segments"]
    assert found.status == 200
    assert [one["name"] for one in found.json["segments"]] == ["Half", "HighValue", "With space"]
    assert high["snapshot"] | {"id": ""} == {
        "id": "",
        "taken_at": "2026-01-15T06:40:00Z",
        "size": sum(sizes),
        "partitions": 2,
        "notes": [],
    }
    assert "partitions are missing" in half["problem"]
    assert "snapshot" not in half
    assert "is not complete: it was written only just now" in loose["problem"]


async def test_pages_of_segments_follow_each_other(viewer: Api) -> None:
    first = await ask(viewer, "GET", "segments?limit=2")
    second = await ask(viewer, "GET", f"segments?limit=2&continuation={first.json['continuation']}")
    searched = await ask(viewer, "GET", "segments?search=VALUE")

    assert [one["name"] for one in second.json["segments"]] == ["With space"]
    assert "continuation" not in second.json
    assert [one["name"] for one in searched.json["segments"]] == ["HighValue"]


async def test_a_segment_is_shown_with_its_columns_and_their_types(viewer: Api) -> None:
    shown = await ask(viewer, "GET", "segments/HighValue")

    assert shown.status == 200
    assert shown.json["columns"] == [{"name": column, "type": "string"} for column in COLUMNS]
    assert shown.json["primary_key"] == COLUMNS[0]
    assert shown.json["snapshot"]["partitions"] == 2


async def test_a_segment_that_is_half_there_has_columns_too(viewer: Api) -> None:
    shown = await ask(viewer, "GET", "segments/Half")

    assert (shown.status, len(shown.json["columns"])) == (200, len(COLUMNS))
    assert "partitions are missing" in shown.json["problem"]


async def test_a_name_may_have_spaces(viewer: Api) -> None:
    shown = await ask(viewer, "GET", "segments/With%20space")

    assert (shown.status, shown.json["name"]) == (200, "With space")


@pytest.mark.parametrize(
    "name",
    ["Nothing", "%20", "a%22b", "a%0Ab", "x" * 257, "%2E%2E"],
    ids=["unknown", "space", "quote", "line", "long", "dots"],
)
async def test_what_is_not_there_or_can_be_no_name_is_not_found(viewer: Api, name: str) -> None:
    shown = await ask(viewer, "GET", f"segments/{name}")

    assert shown.status == 404
    assert shown.headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=many", "colour=red"])
async def test_a_query_that_makes_no_sense_is_refused(viewer: Api, query: str) -> None:
    answer = await ask(viewer, "GET", f"segments?{query}")

    assert answer.status == 422
    assert query.partition("=")[0] in answer.json["detail"]


@pytest.mark.parametrize("path", ["segments", "segments/HighValue"])
async def test_strangers_see_no_segment(deployment: Deployment, path: str) -> None:
    assert (await ask(deployment.api_with(None), "GET", path)).status == 401


async def test_a_model_that_is_broken_is_the_fault_of_whoever_wrote_it(
    viewer: Api, deployment: Deployment
) -> None:
    await deployment.segments.upload_blob("broken/model.json", json.dumps({"entities": 5}))
    try:
        listed = await ask(viewer, "GET", "segments")
        shown = await ask(viewer, "GET", "segments/HighValue")
    finally:
        await deployment.segments.delete_blob("broken/model.json")

    assert {listed.status, shown.status} <= {502, 503}
    assert "broken/model.json" in listed.json["detail"]
