import asyncio
import csv
import io

import pytest

from shared.contacts.rejections import Rejection
from shared.plans.blobs import BlockWriter, RejectionWriter
from tests.unit.plans.memory import Container

MEGABYTE = 1 << 20


def rejection(**changes: str) -> Rejection:
    usual = {"segment": "Vip", "primary_key": "42", "partition": "Vip_1", "reason": "refused"}
    return Rejection(row=7, stage="refused", **usual | changes)


async def written(*rejections: Rejection, header: bool = True) -> str:
    container = Container()
    async with BlockWriter(container.store(), "rejections") as blob:
        await RejectionWriter(blob, header=header).write(rejections)
    return container.data("rejections").decode()


async def test_a_blob_in_many_pieces_is_the_pieces_in_order() -> None:
    container = Container()
    pieces = [bytes([number]) * MEGABYTE for number in range(11)]

    async with BlockWriter(container.store(), "chunks") as blob:
        offsets = [await blob.write(piece) for piece in pieces]

    assert container.data("chunks") == b"".join(pieces)
    assert offsets == [number * MEGABYTE for number in range(11)]
    assert len(container.blobs["chunks"].staged) == 3


async def test_pieces_written_at_the_same_time_lie_where_it_is_said() -> None:
    container = Container()
    pieces = [bytes([number]) * MEGABYTE for number in range(22)]

    async with BlockWriter(container.store(), "chunks") as blob:
        offsets = await asyncio.gather(*map(blob.write, pieces))

    data = container.data("chunks")
    assert [data[offset : offset + MEGABYTE] for offset in offsets] == pieces


async def test_a_blob_whose_writing_fails_stays_invisible() -> None:
    container = Container()

    async def fail() -> None:
        async with BlockWriter(container.store(), "chunks") as blob:
            await blob.write(b"x" * 5 * MEGABYTE)
            raise KeyError("reading")

    with pytest.raises(KeyError):
        await fail()

    assert container.blobs["chunks"].data is None


async def test_a_small_blob_is_written_in_one_request_over_whatever_is_there() -> None:
    container = Container()
    container.get_blob_client("chunks").data = b"of a plan that was not finished"

    async with BlockWriter(container.store(), "chunks") as blob:
        offsets = [await blob.write(b"one"), await blob.write(b"two")]

    assert (container.data("chunks"), offsets) == (b"onetwo", [0, 3])
    assert container.blobs["chunks"].staged == {}


async def test_a_blob_of_nothing_is_empty_but_there() -> None:
    container = Container()

    async with BlockWriter(container.store(), "chunks"):
        pass

    assert container.data("chunks") == b""


async def test_rejections_are_csv_with_a_header_that_is_written_once() -> None:
    text = await written(rejection(), rejection(segment='Vi"p, new'))

    header, first, second = csv.reader(io.StringIO(text))
    assert header == ["segment", "primary_key", "position", "stage", "reason", "hint"]
    assert first[:5] == ["Vip", "42", "Vip_1:7", "refused", "refused"]
    assert second[0] == 'Vi"p, new'


async def test_a_report_that_goes_on_has_no_second_header() -> None:
    assert (await written(rejection(), header=False)).startswith("Vip,42,")


@pytest.mark.parametrize("key", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
async def test_no_key_is_a_formula_to_a_spreadsheet(key: str) -> None:
    (row,) = csv.reader(io.StringIO(await written(rejection(primary_key=key), header=False), newline=""))

    assert row[1] == f"'{key}"
