"""The CSV dialect of a partition: how its bytes become rows."""

import codecs
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.errors import SegmentFormatError
from shared.excerpts import excerpt

_SPELLED_OUT = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n", "\\\\": "\\", '\\"': '"'}
_NEWLINES = ("\n", "\r\n", "\r")
_CODE_PAGES = {"1200": "utf-16", "1201": "utf-16-be", "20127": "utf-8", "65001": "utf-8"}
_NO_FILES = ("idna", "punycode", "unicode-escape", "raw-unicode-escape")
"""Python's encodings of host names and of its own source code; the first two cannot mark bad bytes."""
_UNICODE_NAMES = {"unicode": "utf-16", "unicodefffe": "utf-16-be", "ascii": "utf-8", "us-ascii": "utf-8"}


class Header(StrEnum):
    """Whether the first row of a partition holds the column names."""

    YES = "yes"
    NO = "no"
    AUTO = "auto"
    """Only if it holds exactly the names of the table's attributes."""


class QuoteStyle(StrEnum):
    """CDM `quoteStyle`: whether quotes mean anything (CDM documentation, model.json)."""

    CSV = "csv"
    """Delimiters and line breaks between quotes are data."""
    NONE = "none"
    """Quotes are ordinary characters and every line break ends a row."""


class CsvStyle(StrEnum):
    """CDM `csvStyle`: where a quote is significant (Power Query, CsvStyle.Type)."""

    ANYWHERE = "quotealways"
    """Anywhere in a field; it does not mean that every field is quoted."""
    AT_START = "quoteafterdelimiter"
    """Only right after a delimiter or at the start of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How to read one partition; the defaults are those of CDM, but for the header, which is looked for.

    `newline` None takes each of \\n, \\r\\n and \\r as the end of a row; "\\n" takes "\\r\\n" as well, so
    that only a lone "\\r" is data. `escape` makes the next character of the line literal; a doubled quote
    always stands for one quote. `skip_lines` are dropped before anything else is read.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    header: Header = Header.AUTO
    quote_style: QuoteStyle = QuoteStyle.CSV
    csv_style: CsvStyle = CsvStyle.ANYWHERE
    quote: str = '"'
    escape: str | None = None
    newline: str | None = None
    skip_lines: int = 0
    ragged_right: bool = False
    """Whether a row may lack columns at its end; they are then missing values."""


class FileFormat(BaseModel):
    """`fileFormatSettings` with the arguments of the trait `is.partition.format.CSV` laid over them."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    column_headers: bool = False
    delimiter: str = ","
    encoding: str | int = "UTF-8"
    quote_style: str = "QuoteStyle.Csv"
    csv_style: str = "CsvStyle.QuoteAlways"
    quote: str = '"'
    escape: str = ""
    newline: str = ""
    skip_lines: int = Field(default=0, ge=0)
    ragged_right: bool = False


def dialect_from(settings: dict[str, Any]) -> Dialect:
    """The dialect that a partition's settings describe, by the names that model.json uses.

    Raises:
        SegmentFormatError: a setting has a value that this program cannot follow.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    try:
        stated = FileFormat.model_validate(given)
    except ValidationError as error:
        culprits = ", ".join(sorted({str(problem["loc"][0]) for problem in error.errors()}))
        raise SegmentFormatError(f"the CSV settings {culprits} have values of the wrong type") from error
    quote = _character("quote", stated.quote or '"')
    escape = _character("escape", stated.escape) if stated.escape else None
    dialect = Dialect(
        delimiter=_character("delimiter", stated.delimiter),
        encoding=_encoding(stated.encoding),
        header=Header.YES if stated.column_headers else Header.AUTO,
        quote_style=QuoteStyle(_choice("quoteStyle", stated.quote_style, tuple(QuoteStyle))),
        csv_style=CsvStyle(_choice("csvStyle", stated.csv_style, tuple(CsvStyle))),
        quote=quote,
        escape=None if escape == quote else escape,
        newline=_newline(stated.newline),
        skip_lines=stated.skip_lines,
        ragged_right=stated.ragged_right,
    )
    return _consistent(dialect)


def _consistent(dialect: Dialect) -> Dialect:
    special = [dialect.delimiter, dialect.quote, *([dialect.escape] if dialect.escape else []), "\n", "\r"]
    if len(set(special)) < len(special):
        raise SegmentFormatError("delimiter, quote, escape and line ends must be different characters")
    return dialect


def _character(name: str, value: str) -> str:
    character = _SPELLED_OUT.get(value, value)
    if len(character) != 1 or "\ud800" <= character <= "\udfff":
        raise SegmentFormatError(f"{name} is {excerpt(value)!r}; it has to be one character")
    return character


def _newline(value: str) -> str | None:
    newline = _SPELLED_OUT.get(value, value)
    if newline.lower() in ("", "auto"):
        return None
    if newline not in _NEWLINES:
        raise SegmentFormatError(f"newline is {excerpt(value)!r}; it has to be \\n, \\r\\n or \\r")
    return newline


def _choice(name: str, value: str, known: tuple[str, ...]) -> str:
    choice = value.rpartition(".")[2].strip().casefold()
    if choice not in known:
        raise SegmentFormatError(f"{name} is {excerpt(value)!r}; this program knows {', '.join(known)}")
    return choice


def _encoding(value: str | int) -> str:
    """Power Query writes code pages as numbers; ASCII is read as UTF-8, which holds all of it."""
    name = str(value).strip().casefold()
    name = _UNICODE_NAMES.get(name, name)
    name = _CODE_PAGES.get(name, f"cp{name}") if name.isdigit() else name
    try:
        "a".encode(name)
        known = codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise _not_text(name) from error
    if known in _NO_FILES:
        raise _not_text(name)
    return known


def _not_text(encoding: str) -> SegmentFormatError:
    return SegmentFormatError(
        f"encoding is {excerpt(encoding)!r}, which Python does not know as that of a file"
    )
