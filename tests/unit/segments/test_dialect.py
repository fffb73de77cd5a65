import encodings
import pkgutil
from contextlib import suppress
from typing import Any

import pytest

from shared.errors import SegmentFormatError
from shared.segments.decoding import TextDecoder
from shared.segments.dialect import CsvStyle, Dialect, Header, QuoteStyle, dialect_from


def test_without_settings_the_defaults_of_cdm_hold() -> None:
    dialect = dialect_from({})

    assert dialect == Dialect(
        delimiter=",",
        encoding="utf-8",
        header=Header.AUTO,
        quote_style=QuoteStyle.CSV,
        csv_style=CsvStyle.ANYWHERE,
    )


@pytest.mark.parametrize(
    ("value", "header"),
    [
        (True, Header.YES),
        ("true", Header.YES),
        ("True", Header.YES),
        (False, Header.AUTO),
        ("false", Header.AUTO),
        (None, Header.AUTO),
    ],
)
def test_column_headers_may_be_a_boolean_or_its_name(value: object, header: Header) -> None:
    assert dialect_from({"columnHeaders": value}).header is header


@pytest.mark.parametrize(
    ("settings", "attribute", "value"),
    [
        ({"delimiter": ";"}, "delimiter", ";"),
        ({"delimiter": "\\t"}, "delimiter", "\t"),
        ({"quoteStyle": "QuoteStyle.None"}, "quote_style", QuoteStyle.NONE),
        ({"quoteStyle": "csv"}, "quote_style", QuoteStyle.CSV),
        ({"csvStyle": "CsvStyle.QuoteAfterDelimiter"}, "csv_style", CsvStyle.AT_START),
        ({"csvStyle": "Csv.QuoteAlways"}, "csv_style", CsvStyle.ANYWHERE),
        ({"encoding": "ASCII"}, "encoding", "utf-8"),
        ({"encoding": "Windows-1252"}, "encoding", "cp1252"),
        ({"encoding": 65001}, "encoding", "utf-8"),
        ({"encoding": 1252}, "encoding", "cp1252"),
        ({"encoding": "unicode"}, "encoding", "utf-16"),
        ({"encoding": "utf-16BE"}, "encoding", "utf-16-be"),
        ({"newline": "\\r\\n"}, "newline", "\r\n"),
        ({"newline": "\n"}, "newline", "\n"),
        ({"newline": "auto"}, "newline", None),
        ({"escape": "\\"}, "escape", "\\"),
        ({"escape": '"'}, "escape", None),
        ({"quote": "'"}, "quote", "'"),
        ({"skipLines": "2"}, "skip_lines", 2),
        ({"raggedRight": "true"}, "ragged_right", True),
    ],
)
def test_each_setting_is_followed(settings: dict[str, Any], attribute: str, value: object) -> None:
    assert getattr(dialect_from(settings), attribute) == value


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"delimiter": "||"}, "delimiter is '||'; it has to be one character"),
        ({"delimiter": '"'}, "must be different characters"),
        ({"escape": ","}, "must be different characters"),
        ({"delimiter": "\n"}, "must be different characters"),
        ({"quoteStyle": "QuoteStyle.Odd"}, "quoteStyle is 'QuoteStyle.Odd'; this program knows csv, none"),
        ({"csvStyle": "Sometimes"}, "csvStyle is 'Sometimes'"),
        ({"encoding": "klingon"}, "encoding is 'klingon'"),
        ({"encoding": "base64"}, "encoding is 'base64'"),
        ({"encoding": "punycode"}, "encoding is 'punycode'"),
        ({"encoding": "Unicode_Escape"}, "encoding is 'unicode_escape'"),
        ({"encoding": "a\0b"}, r"encoding is 'a\x00b'"),
        ({"delimiter": "\ud800"}, r"delimiter is '\ud800'"),
        ({"newline": "x" * 5000}, f"newline is '{'x' * 79}…'; it has"),
        ({"newline": "|"}, r"newline is '|'"),
        ({"skipLines": -1}, "skipLines"),
        ({"columnHeaders": "perhaps", "skipLines": "x"}, "columnHeaders, skipLines"),
    ],
)
def test_a_setting_that_cannot_be_followed_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SegmentFormatError) as caught:
        dialect_from(settings)

    assert message in str(caught.value)


def test_whatever_encoding_is_accepted_reads_any_bytes() -> None:
    accepted = set[str]()
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(SegmentFormatError):
            accepted.add(dialect_from({"encoding": module.name}).encoding)

    read = {name: TextDecoder(name).decode(bytes(range(256)) * 2, final=True) for name in accepted}

    assert len(read) > 50
    assert all(read.values())
