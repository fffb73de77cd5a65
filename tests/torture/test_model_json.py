import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from shared.errors import SegmentFormatError
from shared.segments.choice import newest_snapshot, summarise
from shared.segments.model import parse_model
from shared.segments.reader import RECORD_LIMIT
from shared.segments.reading import read_rows
from shared.segments.shelf import View
from shared.segments.sources import find_sources
from tests.torture.bounds import bounded, clearly, fuzz, processor_time
from tests.torture.mutations import encoded, mangled, mutated
from tests.unit.segments.shelf import NOW, MemoryShelf

COLUMNS = ("CustomerId", "EMail")
FOLDER = "Vip/2026/01/15/0640"


def document(partitions: int = 2) -> dict[str, Any]:
    """A model.json with everything that this program reads of one."""
    settings = {"columnHeaders": False, "delimiter": ",", "quoteStyle": "QuoteStyle.Csv", "encoding": "UTF-8"}
    arguments = [{"name": "csvStyle", "value": "CsvStyle.QuoteAlways"}, {"name": "escape", "value": "\\"}]
    trait = {"traitReference": "is.partition.format.CSV", "arguments": arguments}
    listed = [
        {
            "name": f"Vip_{number}",
            "refreshTime": "2026-01-15T06:40:00+01:00",
            "location": f"https://acct.blob.core.windows.net:443/c/{FOLDER}/Vip_{number}.csv",
            "fileFormatSettings": settings | {"skipLines": 0, "newline": "\\n"},
            "cdm:traits": [trait],
        }
        for number in range(1, partitions + 1)
    ]
    vip = {
        "$type": "LocalEntity",
        "name": "Vip",
        "annotations": [{"name": "c360:PrimaryKey", "value": "CustomerId"}],
        "attributes": [{"name": name, "dataType": "string"} for name in COLUMNS],
        "partitions": listed,
    }
    return {"name": "Export", "version": "1.0", "modifiedTime": "2026-01-15T06:45:00Z", "entities": [vip]}


def shelf(model: bytes, partitions: int = 2) -> MemoryShelf:
    made = MemoryShelf()
    made.put("model.json", model, modified_at=NOW - timedelta(days=1))
    for number in range(1, partitions + 1):
        row = f"{number},p{number}@example.com\n".encode()
        made.put(f"{FOLDER}/Vip_{number}.csv", row, modified_at=NOW - timedelta(days=1))
    return made


async def everything(on: MemoryShelf) -> int:
    """Lists all segments, chooses a snapshot of each and reads it; gives the number of rows."""
    view, count = View(shelf=on, now=NOW, settle=timedelta(minutes=10)), 0
    for segment, sources in (await find_sources(view, "")).items():
        await summarise(view, segment, sources)
        snapshot = await newest_snapshot(view, segment, sources)
        assert type(snapshot).from_json(snapshot.to_json()) == snapshot
        columns = [name for name in snapshot.columns if name in COLUMNS]
        async for batch in read_rows(on, snapshot, columns, record_limit=RECORD_LIMIT):
            count += len(batch.rows)
    return count


def read(model: bytes, partitions: int = 2) -> int:
    return asyncio.run(everything(shelf(model, partitions)))


def partition(**changes: object) -> bytes:
    made = document()
    made["entities"][0]["partitions"][0] |= changes
    return encoded(made)


def test_the_document_that_is_mutated_is_read_as_it_is() -> None:
    assert read(encoded(document())) == 2


@fuzz(mutated(document()))
def test_a_mutated_model_json_is_read_or_refused(changed: Any) -> None:
    clearly(read, encoded(changed))


@fuzz(mangled(encoded(document())) | st.binary(max_size=100))
def test_a_mangled_model_json_is_read_or_refused(content: bytes) -> None:
    clearly(read, content)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "latin-1"])
def test_a_model_json_in_another_encoding_is_read_or_refused(encoding: str) -> None:
    clearly(read, json.dumps(document(), ensure_ascii=False).encode(encoding))


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_time_that_does_not_exist_in_utc_is_refused(moment: str) -> None:
    with pytest.raises(SegmentFormatError):
        parse_model(encoded(document() | {"modifiedTime": moment}))
    with pytest.raises(SegmentFormatError):
        parse_model(partition(refreshTime=moment))


@pytest.mark.parametrize("arguments", [5, True, 1.5])
def test_arguments_of_a_trait_that_are_no_list_do_not_stop_the_reader(arguments: object) -> None:
    trait = {"traitReference": "is.partition.format.CSV", "arguments": arguments}

    clearly(read, partition(**{"cdm:traits": [trait]}))


@pytest.mark.parametrize(
    "place",
    [
        "table",
        "column",
        "partition",
        "location",
    ],
)
def test_half_a_surrogate_pair_in_a_name_is_refused(place: str) -> None:
    made = document()
    vip = made["entities"][0]
    match place:
        case "table":
            vip["name"] = "\ud800"
        case "column":
            vip["attributes"][0]["name"] = "\ud800"
        case "partition":
            vip["partitions"][0]["name"] = "\ud800"
        case _:
            vip["partitions"][0]["location"] = "\ud800.csv"

    clearly(read, encoded(made))


@pytest.mark.parametrize(
    "encoding",
    [
        "a\0b",
        "idna",
        "punycode",
        pytest.param("x" * 5000, id="5000 characters"),
        "undefined",
        "\ud800",
    ],
)
def test_an_encoding_that_is_none_is_refused(encoding: str) -> None:
    with pytest.raises(SegmentFormatError) as caught:
        read(partition(**{"fileFormatSettings": {"encoding": encoding}}))

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("setting", ["delimiter", "quote", "escape", "newline", "quoteStyle", "csvStyle"])
def test_a_setting_of_thousands_of_characters_is_not_repeated_in_its_error(setting: str) -> None:
    with pytest.raises(SegmentFormatError) as caught:
        read(partition(**{"fileFormatSettings": {setting: "x" * 5000}, "cdm:traits": None}))

    assert len(str(caught.value)) < 500


def test_many_tables_take_time_in_proportion() -> None:
    def parse(tables: int) -> float:
        content = encoded({"entities": [{"name": f"t{number}"} for number in range(tables)]})
        return min(processor_time(lambda: parse_model(content)) for _ in range(3))

    assert parse(4_000) < 20 * parse(500)


def test_thousands_of_partitions_are_read_in_bounded_time_and_memory() -> None:
    content = encoded(document(4_000))

    with bounded(seconds=10, mebibytes=80):
        count = read(content, 4_000)

    assert count == 4_000
