import gzip
import random
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, repeat

import pytest
from hypothesis import strategies as st

from shared.errors import SegmentFormatError
from shared.segments.dialect import CsvStyle, Dialect, Header, QuoteStyle
from shared.segments.partitions import PartitionReader
from shared.segments.reader import RECORD_LIMIT
from shared.segments.rows import Malformed, Row
from shared.segments.snapshots import Partition
from tests.torture.bounds import bounded, clearly, fuzz, processor_time

COLUMNS = ("CustomerId", "EMail", "City")
MIB = 1024 * 1024
HEADER = b"CustomerId,EMail,City\r\n"


def reader(
    dialect: Dialect | None = None, *, packed: bool = False, record_limit: int = RECORD_LIMIT
) -> PartitionReader:
    partition = Partition(
        name="Vip_1", blob="Vip_1.csv", etag="1", size=0, dialect=dialect or Dialect(), gzip=packed
    )
    return PartitionReader(partition, columns=COLUMNS, selected=("EMail", "City"), record_limit=record_limit)


def rows(
    pieces: Iterable[bytes],
    dialect: Dialect | None = None,
    *,
    packed: bool = False,
    record_limit: int = RECORD_LIMIT,
) -> Iterator[Row]:
    reading = reader(dialect, packed=packed, record_limit=record_limit)
    for piece in pieces:
        for batch in reading.feed(piece):
            yield from batch.rows
    for batch in reading.finish():
        yield from batch.rows


def reasons(found: Iterable[Row]) -> list[str]:
    """Why rows are malformed; "" for those that are not."""
    return [row.reason if isinstance(row, Malformed) else "" for row in found]


def noise(size: int) -> bytes:
    return random.Random(6).randbytes(size)


# sizes


def test_random_bytes_end_in_rejections() -> None:
    with bounded(seconds=20, mebibytes=60):
        found = set(reasons(rows([noise(MIB)])))

    assert "column_count" in found


@pytest.mark.parametrize("quoted", [False, True])
def test_a_field_of_50_megabytes_is_one_rejection_and_the_rows_behind_it_are_read(quoted: bool) -> None:
    quote = b'"' if quoted else b""
    pieces = chain(
        [HEADER + b"1," + quote], repeat(b"x" * MIB, 50), [quote + b",Ulm\r\n2,b@example.com,Ulm\r\n"]
    )

    with bounded(seconds=20, mebibytes=60):
        found = list(rows(pieces))

    assert reasons(found[:1]) == ["record_too_long"]
    assert found[1:] == [("b@example.com", "Ulm")]


def test_a_field_of_50_megabytes_in_lines_is_bounded_too() -> None:
    line = b"x" * 63 + b"\n"
    pieces = chain(
        [HEADER + b'1,"'], repeat(line * (MIB // len(line)), 50), [b'",Ulm\r\n2,b@example.com,Ulm\r\n']
    )

    with bounded(seconds=40, mebibytes=150):
        found = set(reasons(rows(pieces)))

    assert "record_too_long" in found


@pytest.mark.parametrize(("line", "expected"), [(b"\r\n", 0), (b",,\r\n", 1_000_000)])
def test_a_million_empty_rows_are_read_in_bounded_memory(line: bytes, expected: int) -> None:
    pieces = chain([HEADER], repeat(line * 10_000, 100))

    with bounded(seconds=20, mebibytes=60):
        count = sum(1 for row in rows(pieces) if row == ("", ""))

    assert count == expected


@pytest.mark.parametrize("filling", [b"\0", b"\n", b"a,b,c\n", b'"'])
def test_a_gzip_bomb_is_unpacked_piece_by_piece(filling: bytes) -> None:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(filling * (MIB // len(filling))) for _ in range(6)) + packer.flush()
    assert len(packed) < MIB

    with bounded(seconds=20, mebibytes=150):
        count = sum(1 for _ in rows([packed], packed=True))

    assert count <= 6 * MIB // 6 + 100


@pytest.mark.parametrize(("limit", "end"), [(RECORD_LIMIT, b""), (500, b""), (500, b'"\n')])
def test_quotes_that_do_not_close_take_time_in_proportion(limit: int, end: bytes) -> None:
    dialect = Dialect(header=Header.NO, csv_style=CsvStyle.AT_START)

    def read(lines: int) -> float:
        content = b'x","""\n' * lines + end
        return min(
            processor_time(lambda: list(rows([content], dialect, record_limit=limit))) for _ in range(3)
        )

    assert read(4_000) < 24 * read(500)


# one thing wrong


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_gzip_without_its_end_is_refused(cut: int) -> None:
    packed = gzip.compress(HEADER + noise(3000))

    with pytest.raises(SegmentFormatError, match=r"Vip_1\.csv: its gzip stream ends early"):
        list(rows([packed[:-cut]], packed=True))


@pytest.mark.parametrize("place", range(0, 300, 23))
def test_a_damaged_gzip_is_refused_or_still_the_same(place: int) -> None:
    content = HEADER + b"1,a@example.com,Ulm\r\n" * 100
    packed = bytearray(gzip.compress(content, mtime=0))
    packed[place % len(packed)] ^= 0xFF

    found = clearly(lambda: list(rows([bytes(packed)], packed=True)))

    assert found is None or found == [("a@example.com", "Ulm")] * 100


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037"])
def test_a_partition_in_an_encoding_that_nobody_told_of_is_rejected_row_by_row_or_refused(
    encoding: str,
) -> None:
    content = (HEADER.decode() + "1,a@example.com,Ulm\r\n" * 50).encode(encoding)

    found = clearly(lambda: list(rows([content])))

    values = {value for row in found or [] if not isinstance(row, Malformed) for value in row}
    assert "a@example.com" not in values or encoding == "utf-7"


def test_latin_1_that_is_called_utf_8_marks_its_values() -> None:
    [row] = rows([HEADER + "1,a@example.com,Köln\r\n".encode("latin-1")])

    assert row == ("a@example.com", "K\udcf6ln")


@pytest.mark.parametrize(
    "content", [b"", HEADER, HEADER.rstrip(), HEADER * 1, b"\xef\xbb\xbf" + HEADER, b"\r\n\r\n"]
)
def test_a_header_alone_has_no_rows(content: bytes) -> None:
    assert list(rows([content])) == []


def test_nul_bytes_are_data() -> None:
    assert list(rows([HEADER + b"1,a\0@example.com,\0\r\n\0\r\n"])) == [
        ("a\0@example.com", "\0"),
        Malformed(reason="column_count"),
    ]


@pytest.mark.parametrize("header", [b"EMail,EMail,City", b"City,EMail,City,EMail", b"EMail,City,EMail,"])
def test_a_column_that_stands_there_twice_is_refused(header: bytes) -> None:
    with pytest.raises(SegmentFormatError, match="times; rename one"):
        list(rows([header + b"\r\n1,2,3\r\n"], Dialect(header=Header.YES)))


def test_a_header_that_is_missing_does_not_put_a_person_into_the_error() -> None:
    with pytest.raises(SegmentFormatError) as caught:
        list(rows([b"1,ann@example.com,Ulm\r\n"], Dialect(header=Header.YES)))

    assert "ann@example.com" not in str(caught.value)


def test_a_hundred_thousand_columns_do_not_all_stand_in_the_error() -> None:
    header = ",".join(f"column{number}" for number in range(100_000)).encode()

    with pytest.raises(SegmentFormatError) as caught:
        list(rows([header + b"\r\n"], Dialect(header=Header.YES)))

    assert len(str(caught.value)) < 2000


# anything


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    encodings = [
        "utf-8",
        "utf-16",
        "utf-16-be",
        "utf-32",
        "cp1252",
        "latin-1",
        "shift_jis",
        "gb18030",
        "utf-7",
    ]
    return Dialect(
        delimiter=draw(st.sampled_from(",;\t|\0")),
        encoding=draw(st.sampled_from(encodings)),
        header=draw(st.sampled_from(Header)),
        quote_style=draw(st.sampled_from(QuoteStyle)),
        csv_style=draw(st.sampled_from(CsvStyle)),
        escape=draw(st.sampled_from([None, None, "\\"])),
        newline=draw(st.sampled_from([None, None, "\n", "\r\n", "\r"])),
        skip_lines=draw(st.sampled_from([0, 0, 1, 10**30])),
        ragged_right=draw(st.booleans()),
    )


def contents() -> st.SearchStrategy[bytes]:
    pieces = st.sampled_from(
        [
            HEADER,
            b"1,a@example.com,Ulm\r\n",
            b'"1","a@b.c","x\n',
            b'"',
            b'""',
            b",",
            b"\n",
            b"\r",
            b"\0",
            b"\x1f\x8b\x08",
        ]
    )
    return st.lists(pieces | st.binary(max_size=12), max_size=30).map(b"".join)


@fuzz(contents(), dialects(), st.integers(1, 50), st.sampled_from(["plain", "packed", "said to be packed"]))
def test_whatever_bytes_come_end_in_rows_rejections_or_one_error(
    content: bytes, dialect: Dialect, step: int, how: str
) -> None:
    whole = gzip.compress(content, mtime=0) if how == "packed" else content
    pieces = [whole[start : start + step] for start in range(0, len(whole), step)]

    found = clearly(lambda: list(rows(pieces, dialect, packed=how != "plain")))

    assert all(isinstance(row, Malformed) or len(row) == 2 for row in found or [])
