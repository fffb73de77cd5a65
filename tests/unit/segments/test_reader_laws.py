import csv
import io
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.segments.dialect import CsvStyle, Dialect, Header, QuoteStyle
from shared.segments.reader import RowReader
from shared.segments.rows import Malformed
from tests.unit.segments.reference import reference_rows

COLUMNS = ("a", "b", "c")
CHARACTERS = 'aé€😀,;"\\ \n\r\t\x00\x0b\x1c\u2028'


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    return Dialect(
        delimiter=draw(st.sampled_from(",;\t")),
        header=Header.NO,
        quote_style=draw(st.sampled_from(QuoteStyle)),
        csv_style=draw(st.sampled_from(CsvStyle)),
        escape=draw(st.sampled_from([None, None, "\\"])),
        newline=draw(st.sampled_from([None, None, "\n", "\r\n", "\r"])),
    )


def texts() -> st.SearchStrategy[str]:
    pieces = st.sampled_from(
        [
            "a,b,c\n",
            '"a","b","c"\r\n',
            '"a","b\r\nc","d"\n',
            'a;"b;";c\n',
            '""',
            '",',
            "\r\n",
            ",,",
            '"a""b"',
            'a","""\n',
            '"a""b","","c"",""\n"\n',
        ]
    )
    return st.lists(pieces | st.text(CHARACTERS, max_size=6), max_size=12).map("".join)


def read(
    data: bytes, dialect: Dialect, cuts: list[int], *, selected: Sequence[str] = COLUMNS, **more: int
) -> list[tuple[str, ...] | str]:
    reader = RowReader(dialect=dialect, columns=COLUMNS, selected=selected, **more)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    rows = [row for start, end in pairwise(places) for row in reader.feed(data[start:end])]
    return [row.reason if isinstance(row, Malformed) else row for row in [*rows, *reader.finish()]]


@given(texts(), dialects(), st.lists(st.integers(0, 200), max_size=20))
@settings(max_examples=300, deadline=None)
@example('a,b,"\r\n', Dialect(header=Header.NO), [7])
@example('","b","""\n', Dialect(header=Header.NO), [])
def test_rows_are_those_of_the_character_by_character_reading_wherever_the_bytes_are_cut(
    text: str, dialect: Dialect, cuts: list[int]
) -> None:
    rows = read(text.encode(), dialect, cuts)

    assert rows == reference_rows(text, dialect, width=3)


@given(texts(), dialects(), st.lists(st.sampled_from(COLUMNS), max_size=4))
@settings(max_examples=300, deadline=None)
def test_selected_columns_are_those_of_the_whole_rows(
    text: str, dialect: Dialect, selected: list[str]
) -> None:
    rows = read(text.encode(), dialect, [], selected=selected)

    whole = read(text.encode(), dialect, [])
    places = [COLUMNS.index(name) for name in selected]
    assert rows == [row if isinstance(row, str) else tuple(row[place] for place in places) for row in whole]


@given(texts(), dialects(), st.lists(st.integers(0, 200), max_size=20), st.integers(1, 12))
@settings(max_examples=300, deadline=None)
@example("a,b,c\r\n", Dialect(header=Header.NO), [6], 5)
@example('"\n",b,c\r\n', Dialect(header=Header.NO), [8], 7)
@example("a,b,c\nlonger than the limit\r\nd,e,f\r\n", Dialect(header=Header.NO), [12, 20, 28], 5)
def test_records_over_the_limit_are_malformed_and_reading_goes_on_at_the_next_line(
    text: str, dialect: Dialect, cuts: list[int], limit: int
) -> None:
    rows = read(text.encode(), dialect, cuts, record_limit=limit)

    assert rows == reference_rows(text, dialect, width=3, limit=limit)


@given(texts(), st.sampled_from(",;\t"), st.lists(st.integers(0, 200), max_size=20))
@settings(max_examples=300, deadline=None)
def test_quotes_after_a_delimiter_are_read_as_the_standard_library_reads_them(
    text: str, delimiter: str, cuts: list[int]
) -> None:
    closed = text + "\n" + '"' * (_ends_in_quotes(text, delimiter))
    dialect = Dialect(delimiter=delimiter, header=Header.NO, csv_style=CsvStyle.AT_START)

    rows = read(closed.encode(), dialect, cuts)

    expected = [row for row in csv.reader(io.StringIO(closed, newline=""), delimiter=delimiter) if row]
    assert rows == [tuple(row) if len(row) == 3 else "column_count" for row in expected]


def _ends_in_quotes(text: str, delimiter: str) -> bool:
    *_, last = csv.reader(io.StringIO(text + "\nlast", newline=""), delimiter=delimiter)
    return last != ["last"]


@given(
    st.lists(st.tuples(*[st.text(CHARACTERS, max_size=8)] * 3), max_size=6),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(CsvStyle),
    st.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-8-sig"]),
    st.lists(st.integers(0, 400), max_size=20),
)
@settings(max_examples=300, deadline=None)
def test_what_the_standard_library_writes_comes_back_as_it_was(
    values: list[tuple[str, ...]], quoting: int, end: str, style: CsvStyle, encoding: str, cuts: list[int]
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=quoting, lineterminator=end).writerows(values)  # type: ignore[arg-type]
    dialect = Dialect(header=Header.NO, csv_style=style, encoding=encoding)

    rows = read(file.getvalue().encode(encoding), dialect, cuts)

    assert rows == values


@given(st.binary(max_size=60), st.sampled_from(["utf-8", "utf-16", "cp1252"]), st.lists(st.integers(0, 60)))
@settings(max_examples=300, deadline=None)
def test_any_bytes_can_be_read_and_the_cuts_do_not_matter(
    data: bytes, encoding: str, cuts: list[int]
) -> None:
    dialect = Dialect(header=Header.NO, encoding=encoding)

    assert read(data, dialect, cuts) == read(data, dialect, [])
