import pytest

from shared.errors import SegmentFormatError
from shared.segments.dialect import Dialect, Header
from shared.segments.reader import RowReader, read_header
from shared.segments.rows import COLUMN_COUNT, RECORD_TOO_LONG, UNCLOSED_QUOTE, Row

COLUMNS = ("Id", "Name", "EMail")


def read(
    text: str | bytes,
    *,
    dialect: Dialect = Dialect(),  # noqa: B008 (frozen)
    columns: tuple[str, ...] = COLUMNS,
    selected: tuple[str, ...] = ("EMail", "Id"),
    **more: int,
) -> list[Row]:
    reader = RowReader(dialect=dialect, columns=columns, selected=selected, **more)
    data = text.encode() if isinstance(text, str) else text
    return [*reader.feed(data), *reader.finish()]


def test_selected_columns_come_in_the_order_asked_for() -> None:
    assert read("1,Ann,a@x.y\n2,Bob,b@x.y\n") == [("a@x.y", "1"), ("b@x.y", "2")]


@pytest.mark.parametrize("selected", [(), ("Name",), ("Id", "Id", "Name")])
def test_any_number_of_columns_can_be_selected(selected: tuple[str, ...]) -> None:
    values = {"Id": "1", "Name": "Ann", "EMail": "a@x.y"}

    for line in ("1,Ann,a@x.y", '"1","Ann","a@x.y"', '1,"Ann",a@x.y'):
        assert read(line, selected=selected) == [tuple(values[name] for name in selected)]


def test_a_first_row_that_equals_the_attribute_names_is_the_header() -> None:
    assert read("Id,Name,EMail\n1,Ann,a@x.y") == [("a@x.y", "1")]


def test_a_header_in_another_order_leads_to_the_right_columns() -> None:
    assert read("EMail,Id,Name\na@x.y,1,Ann") == [("a@x.y", "1")]


def test_a_first_row_that_is_nearly_the_header_is_data() -> None:
    assert read("Id,Name,Email\n1,Ann,a@x.y") == [("Email", "Id"), ("a@x.y", "1")]


def test_a_header_can_be_ruled_out() -> None:
    dialect = Dialect(header=Header.NO)

    assert read("Id,Name,EMail\n", dialect=dialect) == [("EMail", "Id")]


def test_a_stated_header_may_have_more_columns_than_the_attributes() -> None:
    dialect = Dialect(header=Header.YES)

    assert read("Extra,Id,EMail,Name\nx,1,a@x.y,Ann", dialect=dialect) == [("a@x.y", "1")]


def test_a_stated_header_without_a_selected_column_is_refused() -> None:
    with pytest.raises(SegmentFormatError, match="there is no column 'EMail' among its 2;"):
        read("Id,Mail\n1,a@x.y", dialect=Dialect(header=Header.YES))


def test_a_first_row_that_is_no_header_is_not_repeated() -> None:
    with pytest.raises(SegmentFormatError) as refused:
        read("1,Ann,a@x.y\n", dialect=Dialect(header=Header.YES))

    assert "Ann" not in str(refused.value)
    assert "a@x.y" not in str(refused.value)


def test_a_selected_column_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(SegmentFormatError, match="'EMail' stands there 2 times"):
        read("Id,EMail,EMail\n", dialect=Dialect(header=Header.YES))


@pytest.mark.parametrize(("text", "limit"), [('"Id,Name,EMail\n1,Ann,a@x.y', 100), ("x" * 50, 20)])
def test_a_stated_header_that_cannot_be_read_is_refused(text: str, limit: int) -> None:
    with pytest.raises(SegmentFormatError, match="has to be the header"):
        read(text, dialect=Dialect(header=Header.YES), record_limit=limit)


def test_without_attributes_the_first_row_names_the_columns() -> None:
    assert read("EMail,Id\na@x.y,1", columns=()) == [("a@x.y", "1")]


@pytest.mark.parametrize("text", ["", "\ufeff", "Id,Name,EMail\r\n", "\ufeffId,Name,EMail", "\n\r\n"])
def test_nothing_and_a_header_alone_are_no_rows(text: str) -> None:
    assert read(text, dialect=Dialect(header=Header.YES)) == []


def test_skipped_lines_come_before_the_header() -> None:
    dialect = Dialect(skip_lines=2, header=Header.YES)

    assert read('made by "x\n\nId,Name,EMail\n1,Ann,a@x.y', dialect=dialect) == [("a@x.y", "1")]


def test_blank_lines_are_no_rows() -> None:
    assert read("\n\r\n1,Ann,a@x.y\r\n\r\n\n") == [("a@x.y", "1")]


def test_values_are_not_trimmed_and_missing_is_empty() -> None:
    assert read('1,x, a@x.y \n"",x,""\n,x,\n') == [(" a@x.y ", "1"), ("", ""), ("", "")]


def test_a_byte_that_means_nothing_spoils_its_own_row_only() -> None:
    rows = read(b"1,Ann,a\xff@x.y\n2,B\xffb,b@x.y\n3,Zo\xc3\xab,c@x.y")

    assert rows == [("a\udcff@x.y", "1"), ("b@x.y", "2"), ("c@x.y", "3")]


def test_a_utf_16_byte_order_mark_is_believed() -> None:
    assert read("1,Ann,a@x.y\n".encode("utf-16"), dialect=Dialect(encoding="utf-8")) == [("a@x.y", "1")]


def test_nul_and_unusual_line_separators_are_data() -> None:
    rows = read("1,a\x00b,a\u2028\x0b\x1c\x85@x.y\n")

    assert rows == [("a\u2028\x0b\x1c\x85@x.y", "1")]


def test_a_wrong_number_of_fields_is_one_malformed_row() -> None:
    assert read("1,Ann\n2,Bob,b@x.y\n3,C,c@x.y,\n") == [COLUMN_COUNT, ("b@x.y", "2"), COLUMN_COUNT]


def test_ragged_rows_are_filled_where_the_dialect_allows_it() -> None:
    rows = read('1,Ann\n"2"\n3,C,c@x.y,\n', dialect=Dialect(ragged_right=True))

    assert rows == [("", "1"), ("", "2"), COLUMN_COUNT]


def test_a_stray_quote_does_not_swallow_the_rows_behind_it() -> None:
    assert read('1,"Ann,a@x.y\n2,Bob,b@x.y\n3,"C",c@x.y\n') == [
        UNCLOSED_QUOTE,
        ("b@x.y", "2"),
        ("c@x.y", "3"),
    ]


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_record_over_the_limit_is_dropped_and_memory_stays_bounded(step: int) -> None:
    reader = RowReader(dialect=Dialect(), columns=COLUMNS, selected=("Id",), record_limit=50)
    text = ("1,Ann,a@x.y\n2," + "x" * 500 + ",b@x.y\n3,C,c@x.y\n").encode()

    rows = [row for start in range(0, len(text), step) for row in reader.feed(text[start : start + step])]

    assert [*rows, *reader.finish()] == [("1",), RECORD_TOO_LONG, ("3",)]


def test_the_header_of_a_partition_can_be_read_alone() -> None:
    assert read_header(b'\xef\xbb\xbf\r\nId,"Full\nname"\r\n1', dialect=Dialect()) == ("Id", "Full\nname")
    assert read_header(b"", dialect=Dialect()) == ()


def test_a_header_whose_quotes_never_close_is_refused() -> None:
    with pytest.raises(SegmentFormatError, match="has to be the header"):
        read_header(b'Id,"Name\r\n1,2\r\n', dialect=Dialect())
