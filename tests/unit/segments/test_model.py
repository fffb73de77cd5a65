import codecs
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import SegmentFormatError
from shared.segments.dialect import CsvStyle, Header
from shared.segments.model import parse_model, primary_key

LOCATION = "https://acct.blob.core.windows.net/c/CustomerInsights_1/BlobExport/Vip/2026/01/15/0640/Vip_1.csv"


def document(**more: Any) -> dict[str, Any]:
    entity = {
        "$type": "LocalEntity",
        "name": "Vip",
        "annotations": [{"name": "c360:PrimaryKey", "value": "CustomerId"}],
        "attributes": [
            {"name": "CustomerId", "dataType": "string"},
            {"name": "EMail", "dataType": "string", "cdm:traits": ["is.identifiedBy"]},
        ],
        "partitions": [
            {"name": "Vip_1", "refreshTime": "2026-01-15T07:40:51+01:00", "location": LOCATION},
        ],
    } | more
    return {
        "name": "BlobExport",
        "version": "1.0",
        "modifiedTime": "2026-01-15T06:41:09.7526830Z",
        "pbi:mashup": {"fastCombine": False},
        "entities": [entity],
        "relationships": [],
    }


def encoded(model: dict[str, Any]) -> bytes:
    return json.dumps(model).encode()


def test_a_model_gives_tables_columns_key_and_partitions() -> None:
    model = parse_model(encoded(document()))

    vip = model.entities["Vip"]
    [partition] = vip.partitions
    assert model.modified_at == datetime(2026, 1, 15, 6, 41, 9, 752683, tzinfo=UTC)
    assert (vip.columns, vip.annotated_key) == (("CustomerId", "EMail"), "CustomerId")
    assert (partition.name, partition.location) == ("Vip_1", LOCATION)
    assert partition.refreshed_at == datetime(2026, 1, 15, 6, 40, 51, tzinfo=UTC)
    assert partition.dialect().header is Header.AUTO


@pytest.mark.parametrize(
    "variant",
    [
        codecs.BOM_UTF8 + encoded(document()),
        json.dumps(document()).encode("utf-16"),
        encoded({"tables" if key == "entities" else key: value for key, value in document().items()}),
        encoded({"entities": document()["entities"]}),
    ],
)
def test_byte_order_marks_the_key_tables_and_a_bare_model_are_accepted(variant: bytes) -> None:
    assert list(parse_model(variant).entities) == ["Vip"]


@pytest.mark.parametrize(
    "more",
    [{"partitions": None}, {"partitions": []}, {"partitions": [{"name": "Vip_1", "location": None}]}],
)
def test_a_table_may_have_no_partition_with_data(more: dict[str, Any]) -> None:
    assert parse_model(encoded(document(**more))).entities["Vip"].partitions == ()


def test_absent_parts_are_empty() -> None:
    vip = parse_model(b'{"entities": [{"name": "Vip"}]}').entities["Vip"]

    assert (vip.columns, vip.annotated_key, vip.partitions) == ((), None, ())


def test_reference_entities_are_left_out() -> None:
    model = document()
    model["entities"].append({"$type": "ReferenceEntity", "name": "Else", "source": "X", "modelId": "m"})

    assert list(parse_model(encoded(model)).entities) == ["Vip"]


def test_a_partition_without_a_name_takes_that_of_its_blob() -> None:
    model = document(partitions=[{"location": f"{LOCATION}?snapshot=2018-11-14T19:37:51.7526830Z"}])

    [partition] = parse_model(encoded(model)).entities["Vip"].partitions

    assert partition.name == "Vip_1.csv"


def test_the_arguments_of_the_csv_trait_win_over_the_settings() -> None:
    partition = {
        "location": LOCATION,
        "fileFormatSettings": {"$type": "CsvFormatSettings", "columnHeaders": False, "delimiter": ";"},
        "cdm:traits": [
            "is.partition",
            {"traitReference": "is.other", "arguments": [{"name": "delimiter", "value": "|"}]},
            {
                "traitReference": "is.partition.format.CSV",
                "arguments": [
                    {"name": "columnHeaders", "value": "true"},
                    {"name": "csvStyle", "value": "CsvStyle.QuoteAfterDelimiter"},
                    {"name": "newline", "value": "\r\n"},
                    "stray",
                ],
            },
        ],
    }

    [listed] = parse_model(encoded(document(partitions=[partition]))).entities["Vip"].partitions
    dialect = listed.dialect()

    assert (dialect.header, dialect.delimiter, dialect.newline) == (Header.YES, ";", "\r\n")
    assert dialect.csv_style is CsvStyle.AT_START


def test_a_setting_that_cannot_be_followed_spoils_only_its_own_partition() -> None:
    partition = {"location": LOCATION, "fileFormatSettings": {"quoteStyle": "QuoteStyle.Odd"}}

    [listed] = parse_model(encoded(document(partitions=[partition]))).entities["Vip"].partitions

    with pytest.raises(SegmentFormatError, match="quoteStyle"):
        listed.dialect()


@pytest.mark.parametrize("arguments", [None, 5, True, "delimiter", {"name": "delimiter"}])
def test_arguments_of_the_csv_trait_that_are_no_list_are_none(arguments: object) -> None:
    trait = {"traitReference": "is.partition.format.CSV", "arguments": arguments}
    partition = {"location": LOCATION, "cdm:traits": [trait]}

    [listed] = parse_model(encoded(document(partitions=[partition]))).entities["Vip"].partitions

    assert listed.settings == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b'{"entities": [', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "wrong at"),
        (b"{}", "wrong at entities"),
        (b'{"entities": [{"attributes": []}]}', "wrong at entities.0.name"),
        (rb'{"entities": [{"name": "\ud800"}]}', "wrong at entities.0.name"),
        (encoded(document(partitions=[{"location": "\ud800"}])), "wrong at entities.0.partitions.0.location"),
        (encoded(document() | {"modifiedTime": "9999-12-31T23:59:59-12:00"}), "wrong at modifiedTime"),
        (b'{"entities": [{"name": "Vip"}, {"name": "Vip"}]}', "names a table twice: Vip"),
    ],
)
def test_what_is_no_model_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(SegmentFormatError, match=message):
        parse_model(content)


@pytest.mark.parametrize(
    ("columns", "annotated", "key"),
    [
        (("A", "B"), "B", "B"),
        (("A", "CustomerId"), "gone", "CustomerId"),
        (("A", "customerid"), None, "customerid"),
        (("ContactId", "EMail"), None, "ContactId"),
        (("EMail", "ContactId"), None, None),
        ((), None, None),
    ],
)
def test_the_primary_key_is_the_annotated_column_or_one_like_customer_id(
    columns: tuple[str, ...], annotated: str | None, key: str | None
) -> None:
    assert primary_key(columns, annotated) == key
