"""Torture through real storage: what only its client, or the whole pipeline, can get wrong."""

import asyncio
import gzip
import io
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from shared.errors import SegmentError, SegmentExportError, SegmentFormatError
from shared.ids import new_id
from shared.runs.run import Job
from shared.runs.worker import Worker
from shared.segments.blobs import SegmentStore
from shared.segments.rows import Malformed, Row
from tests.pipeline import COLUMNS, Pipeline, people
from tests.torture.bounds import LONGEST_MESSAGE, bounded
from tests.torture.mutations import encoded
from tools.azurite import Azurite

MIB = 1024 * 1024
HEADER = b"CustomerId,EMail\r\n"


@pytest.fixture
async def container(azurite: Azurite) -> AsyncIterator[ContainerClient]:
    small: dict[str, Any] = {"max_single_put_size": MIB // 2, "max_block_size": MIB // 2}
    async with BlobServiceClient.from_connection_string(azurite.connection_string, **small) as service:
        client = service.get_container_client(f"torture-{new_id()}")
        await client.create_container()
        yield client
        await client.delete_container()


def later() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


async def rows_of(container: ContainerClient, *columns: str) -> list[Row]:
    store = SegmentStore(container, clock=later)
    snapshot = await store.newest_snapshot("Vip")
    return [row async for batch in store.read(snapshot, columns) for row in batch.rows]


def listed(container: ContainerClient, *locations: str) -> bytes:
    """A model.json of one segment with these partitions."""
    vip = {
        "$type": "LocalEntity",
        "name": "Vip",
        "attributes": [{"name": "CustomerId"}, {"name": "EMail"}],
        "partitions": [
            {"name": f"Vip_{at}", "location": location} for at, location in enumerate(locations, 1)
        ],
    }
    return encoded({"entities": [vip]})


async def test_many_partitions_are_found_and_read(container: ContainerClient) -> None:
    turns = asyncio.Semaphore(16)

    async def put(number: int) -> None:
        async with turns:
            await container.upload_blob(f"Vip/Vip_{number}.csv", f"{number},p{number}@example.com\n".encode())

    await asyncio.gather(*(put(number) for number in range(1, 61)))
    names = [f"Vip/Vip_{number}.csv" for number in range(1, 61)]
    await container.upload_blob("model.json", listed(container, *names))

    with bounded(seconds=30, mebibytes=60):
        found = await rows_of(container, "EMail")

    assert found == [(f"p{number}@example.com",) for number in range(1, 61)]


async def test_a_field_of_50_megabytes_is_one_rejection(container: ContainerClient) -> None:
    content = HEADER + b'1,"' + b"x" * (50 * MIB) + b'"\r\n2,b@example.com\r\n'
    await container.upload_blob("Vip/Vip_1.csv", io.BytesIO(content))
    del content

    with bounded(seconds=30, mebibytes=80):
        found = await rows_of(container, "EMail")

    assert found == [Malformed(reason="record_too_long"), ("b@example.com",)]


@pytest.mark.parametrize("name", ["Vip_1.csv.gz", "Vip_1.csv"])
async def test_a_gzip_bomb_stays_small(container: ContainerClient, name: str) -> None:
    packer = zlib.compressobj(9, wbits=31)
    packed = (
        packer.compress(HEADER) + b"".join(packer.compress(b"\0" * MIB) for _ in range(100)) + packer.flush()
    )
    await container.upload_blob(f"Vip/{name}", packed)

    with bounded(seconds=30, mebibytes=80):
        found = await rows_of(container, "EMail")

    assert found == [Malformed(reason="record_too_long")]


@pytest.mark.parametrize(
    "content",
    [b"\x1f\x8b", gzip.compress(HEADER, mtime=0)[:15], b"\x1f\x8b\x08" + b"\xff" * 100],
    ids=["the mark alone", "cut off", "noise behind the mark"],
)
async def test_what_only_begins_like_gzip_is_refused(container: ContainerClient, content: bytes) -> None:
    await container.upload_blob("Vip/Vip_1.csv", content)

    with pytest.raises(SegmentError):
        await rows_of(container, "EMail")


@pytest.mark.parametrize(
    "location",
    [
        "\0", "%00", "a\0b.csv", "x/" * 600, "%ed%a0%80.csv", "a\nb.csv", "%0d%0aX: z",
        "Vip_1.csv?snapshot=yesterday", "Vip_1.csv?snapshot=%00", "http://[", "https://:443/x", "é€😀.csv",
        ".", "..", "a/../b", "a//b", "\\\\server\\share", "file:///etc/passwd", "?", "#", " ",
        pytest.param("x" * 5000, id="5000 characters"),
        pytest.param("\ud800.csv", id="half a surrogate pair"),
    ],
)  # fmt: skip
async def test_a_location_that_is_none_ends_in_one_error(container: ContainerClient, location: str) -> None:
    await container.upload_blob("model.json", listed(container, location))

    with pytest.raises(SegmentExportError) as caught:
        await rows_of(container, "EMail")

    assert len(str(caught.value)) <= LONGEST_MESSAGE


async def test_a_header_that_is_missing_does_not_put_a_person_into_the_error(
    container: ContainerClient,
) -> None:
    await container.upload_blob("Vip/Vip_1.csv", b"1,ann@example.com\r\n2,bob@example.com\r\n")

    with pytest.raises(SegmentFormatError) as caught:
        await rows_of(container, "EMail")

    assert "ann@example.com" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "\r\n".join(",".join(person) for person in people(5)).encode("utf-16"),
        "\r\n".join(",".join([*person[:-1], "Köln"]) for person in people(5)).encode("latin-1"),
        b"\r\n".join([b"\0" * 50, b",,,,,", b'"', b"\xff\xfe" * 20, ",".join(people(1)[0]).encode()]),
        b",".join(column.encode() for column in COLUMNS) + b"\r\n",
        b",,,,,\r\n" * 5000,
        bytes(range(256)) * 200,
    ],
    ids=["utf-16", "latin-1", "nul bytes", "a header alone", "empty rows", "every byte"],
)
async def test_a_run_over_anything_ends_and_its_report_adds_up(pipeline: Pipeline, content: bytes) -> None:
    no_guards: dict[str, Any] = {"rejected_share": 1}
    await pipeline.write_segment("Vip", people(20, start=100), content)
    await pipeline.make_export(guards=no_guards)

    run = await pipeline.run_to_end()

    assert run.state in ("successful", "completed_with_warnings")
    assert run.counts.add_up
    assert run.counts.imported >= 20
    assert len(await pipeline.rejections(run.id)) == run.counts.rejected
    assert await pipeline.leftovers() == set()


@pytest.mark.parametrize("slice_", [-1, 0, 3, 10**30])
async def test_a_job_of_a_slice_that_never_was_is_dropped(pipeline: Pipeline, slice_: int) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    run = await pipeline.start()

    await Worker(pipeline.runs).work(Job(run=run, slice=slice_))
    untouched = await pipeline.run(run)
    await pipeline.drain()

    assert (untouched.state, untouched.slice) == ("queued", 1)
    assert (await pipeline.run(run)).state == "successful"


async def test_a_job_of_a_run_that_never_was_is_dropped(pipeline: Pipeline) -> None:
    await Worker(pipeline.runs).work(Job(run="---", slice=1))

    assert await pipeline.queued() == 0
