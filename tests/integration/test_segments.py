"""Segments in Azurite, written as Customer Insights writes them."""

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from shared.errors import (
    ConfigurationError,
    SegmentFormatError,
    SegmentMisplaced,
    SegmentNotFound,
    SnapshotChanged,
    StateUnavailable,
)
from shared.ids import new_id
from shared.segments.blobs import SegmentStore
from shared.segments.reading import RANGE_BYTES
from shared.segments.snapshots import Snapshot
from tools.azurite import Azurite
from tools.segments import write_segment
from tools.segments.writer import INSTANCE_ID

COLUMNS = ("CustomerId", "FirstName", "LastName", "EMail")
ROWS = [(f"{number:032x}", f"Ann{number}", 'O"Hara, jr.', f"a{number}@example.com") for number in range(7)]
MORNING = datetime(2026, 1, 15, 6, 40, tzinfo=UTC)
ROOT = f"CustomerInsights_{INSTANCE_ID}/BlobExport"


@pytest.fixture
async def container(azurite: Azurite) -> AsyncIterator[ContainerClient]:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        client = service.get_container_client(f"segments-{new_id()}".lower().replace("_", "-"))
        await client.create_container()
        yield client
        await client.delete_container()


async def write(container: ContainerClient, **more: Any) -> list[str]:
    usual: dict[str, Any] = {"segment": "Vip", "columns": COLUMNS, "rows": ROWS, "taken_at": MORNING}
    return await write_segment(container, **(usual | more))


async def rows_of(store: SegmentStore, snapshot: Snapshot, columns: Sequence[str]) -> list[Any]:
    return [row async for batch in store.read(snapshot, columns) for row in batch.rows]


def later() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


async def model_of(container: ContainerClient) -> dict[str, Any]:
    stream = await container.download_blob(f"{ROOT}/model.json")
    model: dict[str, Any] = json.loads(await stream.readall())
    return model


async def put_model(container: ContainerClient, model: dict[str, Any]) -> None:
    await container.upload_blob(f"{ROOT}/model.json", json.dumps(model).encode(), overwrite=True)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("quote", ["all", "minimal"])
async def test_a_segment_comes_back_as_it_was_written(
    container: ContainerClient, header: bool, quote: str
) -> None:
    names = await write(container, header=header, quote=quote)
    store = SegmentStore(container)

    snapshot = await store.newest_snapshot("Vip")
    rows = await rows_of(store, snapshot, ["EMail", "LastName"])

    assert sorted(rows) == [(email, last) for _, _, last, email in ROWS]
    assert (snapshot.taken_at, snapshot.primary_key, snapshot.columns) == (MORNING, "CustomerId", COLUMNS)
    assert [partition.blob for partition in snapshot.partitions] == names
    assert Snapshot.from_json(snapshot.to_json()) == snapshot


async def test_batches_number_the_rows_of_each_partition_from_one(container: ContainerClient) -> None:
    await write(container, header=True)
    store = SegmentStore(container)

    batches = [batch async for batch in store.read(await store.newest_snapshot("Vip"), ["CustomerId"])]

    assert [(batch.partition, batch.first_row, len(batch.rows)) for batch in batches] == [
        ("Vip_1", 1, 3),
        ("Vip_2", 1, 2),
        ("Vip_3", 1, 2),
    ]


async def test_the_snapshot_has_the_same_id_until_the_segment_is_written_anew(
    container: ContainerClient,
) -> None:
    await write(container)
    store = SegmentStore(container)
    first = await store.newest_snapshot("Vip")
    await write(container, segment="Other")
    second = await store.newest_snapshot("Vip")
    await write(container, taken_at=MORNING + timedelta(hours=6))

    third = await store.newest_snapshot("Vip")

    assert first.id == second.id != third.id


async def test_a_folder_that_model_json_does_not_name_yet_is_not_read(container: ContainerClient) -> None:
    await write(container)
    await write(container, taken_at=MORNING + timedelta(hours=6), with_model=False)

    snapshot = await SegmentStore(container, clock=later).newest_snapshot("Vip")

    assert snapshot.taken_at == MORNING


async def test_a_half_written_snapshot_is_retried_while_it_is_fresh(container: ContainerClient) -> None:
    names = await write(container)
    await container.delete_blob(names[1])

    with pytest.raises(SnapshotChanged, match=r"1 of 3 partitions are missing.*Vip_2\.csv"):
        await SegmentStore(container).newest_snapshot("Vip")


async def test_a_snapshot_that_stays_half_written_is_not_found(container: ContainerClient) -> None:
    await write(container, taken_at=MORNING - timedelta(hours=6))
    names = await write(container)
    await container.delete_blob(names[1])

    with pytest.raises(SegmentNotFound, match="export the segment again"):
        await SegmentStore(container, clock=later).newest_snapshot("Vip")


async def test_a_partition_that_is_overwritten_between_two_ranges_stops_the_reading(
    container: ContainerClient,
) -> None:
    wide = [(f"{number:032x}", "x" * 1000, "y", "a@example.com") for number in range(5 * RANGE_BYTES // 1000)]
    names = await write(container, rows=wide, partitions=1)
    store = SegmentStore(container)
    batches = store.read(await store.newest_snapshot("Vip"), ["EMail"])
    first = await anext(batches)
    await container.upload_blob(names[0], b"new", overwrite=True)

    with pytest.raises(SnapshotChanged, match=r"Vip_1\.csv went or changed"):
        async for _ in batches:
            pass
    assert first.first_row == 1


@pytest.mark.parametrize("content", [b"", b"a,b,c,d\r\n"])
async def test_a_partition_that_changed_since_it_was_pinned_is_not_read(
    container: ContainerClient, content: bytes
) -> None:
    [name] = await write(container, partitions=1, rows=[] if not content else ROWS)
    store = SegmentStore(container)
    snapshot = await store.newest_snapshot("Vip")
    await container.upload_blob(name, content + b"e,f,g,h\r\n", overwrite=True)

    with pytest.raises(SnapshotChanged):
        await rows_of(store, snapshot, ["EMail"])


async def test_a_partition_that_is_gone_is_not_read(container: ContainerClient) -> None:
    [name] = await write(container, partitions=1)
    store = SegmentStore(container)
    snapshot = await store.newest_snapshot("Vip")
    await container.delete_blob(name)

    with pytest.raises(SnapshotChanged):
        await rows_of(store, snapshot, ["EMail"])


@pytest.mark.parametrize(
    "location",
    [
        "https://other.blob.core.windows.net/segments/Vip_1.csv",
        "http://127.0.0.1:1/devstoreaccount1/{container}/Vip_1.csv",
        "{account}/elsewhere/Vip_1.csv",
        "{account}/{container}/../elsewhere/Vip_1.csv",
    ],
)
async def test_a_partition_outside_the_container_is_refused(
    container: ContainerClient, location: str
) -> None:
    await write(container, partitions=1)
    model = await model_of(container)
    account, _, name = container.url.rpartition("/")
    model["entities"][0]["partitions"][0]["location"] = location.format(account=account, container=name)
    await put_model(container, model)

    with pytest.raises(SegmentMisplaced):
        await SegmentStore(container).newest_snapshot("Vip")


async def test_a_location_may_name_a_snapshot_of_the_blob(container: ContainerClient) -> None:
    [name] = await write(container, partitions=1)
    blob = container.get_blob_client(name)
    version = (await blob.create_snapshot())["snapshot"]
    await blob.upload_blob(b"overwritten", overwrite=True)
    model = await model_of(container)
    model["entities"][0]["partitions"][0]["location"] += f"?snapshot={version}"
    await put_model(container, model)
    store = SegmentStore(container)

    rows = await rows_of(store, await store.newest_snapshot("Vip"), ["EMail"])

    assert rows == [(row[3],) for row in ROWS]


@pytest.mark.parametrize("encoding", [None, "gzip"])
@pytest.mark.parametrize("name", ["Vip_1.csv", "Vip_1.csv.gz"])
async def test_gzip_is_unpacked_whatever_it_is_called(
    container: ContainerClient, name: str, encoding: str | None
) -> None:
    text = "\r\n".join(",".join(row) for row in [COLUMNS, *([("1", "Ann", "Lee", "a@example.com")] * 3000)])
    packed = gzip.compress(text.encode()) + gzip.compress(b"\r\n2,Bob,Lee,b@example.com\r\n")
    await container.upload_blob(
        f"Vip/{name}", packed, content_settings=ContentSettings(content_encoding=encoding)
    )
    store = SegmentStore(container, clock=later)

    rows = await rows_of(store, await store.newest_snapshot("Vip"), ["EMail"])

    assert rows == [("a@example.com",)] * 3000 + [("b@example.com",)]


async def test_a_gzip_that_ends_early_is_no_segment(container: ContainerClient) -> None:
    await container.upload_blob("Vip/Vip_1.csv.gz", gzip.compress(b"CustomerId,EMail\r\n" * 100)[:-9])
    store = SegmentStore(container, clock=later)
    snapshot = await store.newest_snapshot("Vip")

    with pytest.raises(SegmentFormatError, match=r"Vip_1\.csv\.gz: its gzip stream ends early"):
        await rows_of(store, snapshot, ["EMail"])


async def test_without_model_json_the_newest_whole_folder_is_taken(container: ContainerClient) -> None:
    await write(container, header=True, with_model=False)
    names = await write(container, header=True, with_model=False, taken_at=MORNING + timedelta(days=40))
    await container.delete_blob(names[1])
    store = SegmentStore(container, prefix=ROOT, clock=later)

    snapshot = await store.newest_snapshot("Vip")

    assert (snapshot.taken_at, snapshot.columns) == (MORNING, COLUMNS)
    assert "2026/02/24/0640/ was passed over: its partitions are numbered 1, 3" in snapshot.notes[0]
    assert len(await rows_of(store, snapshot, ["EMail"])) == len(ROWS)


async def test_without_model_json_a_folder_written_just_now_is_not_taken(container: ContainerClient) -> None:
    await write(container, header=True, with_model=False)

    with pytest.raises(SegmentNotFound, match="only just now"):
        await SegmentStore(container).newest_snapshot("Vip")


async def test_flat_and_time_stamped_segments_are_found_too(container: ContainerClient) -> None:
    await container.upload_blob("flat/Gold/Gold_1.csv", b"CustomerId,EMail\n1,a@example.com\n")
    await container.upload_blob("flat/Gold/Gold_2.csv", b"EMail,CustomerId\nb@example.com,2\n")
    await container.upload_blob("acs/Churn_Prone_1613059542.csv", b"EMail\nold@example.com\n")
    await container.upload_blob("acs/Churn_Prone_1613069542.csv", b"EMail\nnew@example.com\n")
    store = SegmentStore(container, clock=later)

    gold, prone = await store.newest_snapshot("Gold"), await store.newest_snapshot("Churn_Prone")

    assert await rows_of(store, gold, ["EMail"]) == [("a@example.com",), ("b@example.com",)]
    assert await rows_of(store, prone, ["EMail"]) == [("new@example.com",)]
    assert prone.taken_at == datetime(2021, 2, 11, 18, 52, 22, tzinfo=UTC)


async def test_the_list_gives_every_segment_or_why_it_cannot_be_used(container: ContainerClient) -> None:
    await write(container)
    [name] = await write(container, segment="Broken", partitions=1)
    await container.delete_blob(name)

    broken, vip = await SegmentStore(container, clock=later).segments()

    assert (vip.name, vip.problem) == ("Vip", None)
    assert vip.snapshot == await SegmentStore(container).newest_snapshot("Vip")
    assert (broken.name, broken.snapshot, broken.columns) == ("Broken", None, COLUMNS)
    assert broken.problem is not None
    assert "1 of 1 partitions are missing" in broken.problem


async def test_a_name_in_two_destinations_needs_a_prefix(container: ContainerClient) -> None:
    await write(container)
    await write(container, destination="Second")

    with pytest.raises(SegmentFormatError, match=r"/BlobExport/', .*/Second/'; set SEGMENTS_PREFIX"):
        await SegmentStore(container).newest_snapshot("Vip")
    second = f"CustomerInsights_{INSTANCE_ID}/Second"
    snapshot = await SegmentStore(container, prefix=f"/{second}/").newest_snapshot("Vip")
    assert snapshot.model_blob == f"{second}/model.json"


async def test_an_unknown_segment_is_answered_with_those_that_there_are(container: ContainerClient) -> None:
    await write(container)

    with pytest.raises(SegmentNotFound, match=r"no segment is named 'VIP'.*there are Vip"):
        await SegmentStore(container).newest_snapshot("VIP")


async def test_an_unknown_column_is_answered_with_those_that_there_are(container: ContainerClient) -> None:
    await write(container)
    store = SegmentStore(container)

    with pytest.raises(SegmentFormatError, match=r"no column 'Email'; it has CustomerId, .*EMail"):
        await rows_of(store, await store.newest_snapshot("Vip"), ["Email"])


@pytest.mark.parametrize("header", [True, False])
async def test_an_empty_segment_has_no_rows(container: ContainerClient, header: bool) -> None:
    await write(container, rows=[], header=header)
    store = SegmentStore(container)

    assert await rows_of(store, await store.newest_snapshot("Vip"), ["EMail"]) == []


async def test_a_model_json_that_cannot_be_read_is_retried_while_it_is_fresh(
    container: ContainerClient,
) -> None:
    await container.upload_blob(f"{ROOT}/model.json", b'{"entities": [')

    with pytest.raises(SnapshotChanged, match="is being written"):
        await SegmentStore(container).segments()
    with pytest.raises(SegmentFormatError, match=r"model\.json is not JSON"):
        await SegmentStore(container, clock=later).segments()


async def test_a_container_that_is_not_there_is_a_matter_of_settings(azurite: Azurite) -> None:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        store = SegmentStore(service.get_container_client("no-such-container"))

        with pytest.raises(ConfigurationError, match="SEGMENTS_CONTAINER"):
            await store.segments()


async def test_storage_that_refuses_is_a_matter_of_roles(
    azurite: Azurite, container: ContainerClient
) -> None:
    async with ContainerClient.from_container_url(container.url) as anonymous:
        with pytest.raises(ConfigurationError, match="Storage Blob Data Reader"):
            await SegmentStore(anonymous).segments()


async def test_storage_that_does_not_answer_may_answer_later() -> None:
    url = "http://127.0.0.1:9/devstoreaccount1/segments"
    async with ContainerClient.from_container_url(url, retry_total=0) as nowhere:
        with pytest.raises(StateUnavailable, match="did not answer") as caught:
            await SegmentStore(nowhere).segments()

    assert caught.value.retryable


async def test_memory_does_not_grow_with_the_size_of_a_partition(container: ContainerClient) -> None:
    row = ("c" * 32, "first" * 500, "last" * 500, "someone@example.com")
    await write(container, rows=(row for _ in range(12_000)), partitions=1)
    store = SegmentStore(container)
    snapshot = await store.newest_snapshot("Vip")

    tracemalloc.start()
    count = 0
    async for batch in store.read(snapshot, ["EMail"]):
        count += len(batch.rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 12_000
    assert snapshot.partitions[0].size > 50_000_000
    assert peak < 30_000_000


async def test_reading_can_be_given_up_half_way(container: ContainerClient) -> None:
    wide = [(f"{number:032x}", "x" * 1000, "y", "a@example.com") for number in range(3 * RANGE_BYTES // 1000)]
    await write(container, rows=wide, partitions=1)
    store = SegmentStore(container)
    before = asyncio.all_tasks()
    batches = store.read(await store.newest_snapshot("Vip"), ["EMail"])
    await anext(batches)

    await batches.aclose()

    assert asyncio.all_tasks() == before
