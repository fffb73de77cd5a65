"""The bytes of a CSV partition turned into rows, as they stream by."""

from collections.abc import Sequence
from typing import Final

from shared.errors import SegmentFormatError
from shared.segments.decoding import TextDecoder
from shared.segments.dialect import Dialect, Header
from shared.segments.lines import Lines, cut
from shared.segments.rows import RECORD_TOO_LONG, Malformed, Row
from shared.segments.scanner import Scanner
from shared.segments.selection import Selection, select

RECORD_LIMIT: Final = 4 * 1024 * 1024
"""Characters that one record may have, line breaks between quotes included."""


def read_header(beginning: bytes, *, dialect: Dialect) -> tuple[str, ...]:
    """The first row of a partition that has a header, read from its beginning; empty if there is no row.

    Raises:
        SegmentFormatError: the row is not complete in `beginning`.
    """
    lines = cut(
        TextDecoder(dialect.encoding).decode(beginning, final=True), newline=dialect.newline, final=True
    )
    start = next((index for index, line in enumerate(lines.texts) if line), None)
    if start is None:
        return ()
    first, _ = Scanner(dialect, record_limit=len(beginning)).record(lines, start, final=True)
    if not isinstance(first, list):
        raise SegmentFormatError("the first row has to be the header, and it cannot be read")
    return tuple(first)


class RowReader:
    """Reads one partition: feed it bytes, cut anywhere, and finish. What comes out is the same for all cuts.

    `columns` are the attribute names, or empty if only the header knows them. Where there is a header,
    `selected` columns are found by its names, else by the place of the attribute. Held in memory are the
    bytes fed last and at most `record_limit` characters of an unfinished record.
    """

    def __init__(
        self,
        *,
        dialect: Dialect,
        columns: Sequence[str],
        selected: Sequence[str],
        record_limit: int = RECORD_LIMIT,
    ) -> None:
        self._dialect = dialect
        self._columns = tuple(columns)
        self._selected = tuple(selected)
        self._limit = record_limit
        self._decoder = TextDecoder(dialect.encoding)
        self._scanner = Scanner(dialect, record_limit=record_limit)
        self._lines_to_skip = dialect.skip_lines
        self._selection: Selection | None = None
        self._carry = ""

    def feed(self, data: bytes) -> list[Row]:
        """The rows that end in `data`.

        Raises:
            SegmentFormatError: a header is required and is not there, or a selected column is not there.
        """
        return self._advance(self._decoder.decode(data), final=False)

    def finish(self) -> list[Row]:
        """The rows that are left at the end of the partition; raises as `feed` does."""
        return self._advance(self._decoder.decode(b"", final=True), final=True)

    def _advance(self, text: str, *, final: bool) -> list[Row]:
        lines = cut(self._carry + text, newline=self._dialect.newline, final=final)
        start = min(self._lines_to_skip, len(lines.texts))
        self._lines_to_skip -= start
        if self._lines_to_skip:
            self._carry = lines.held
            return []
        if self._selection is None:
            start = self._begin(lines, start, final=final)
        if self._selection is None:
            self._carry = lines.rest(start)
            return []
        return self._rows(lines, start, self._selection, final=final)

    def _begin(self, lines: Lines, start: int, *, final: bool) -> int:
        """Decide at the first row whether it is the header; gives the line where the data rows begin."""
        while start < len(lines.texts) and not lines.texts[start]:
            start += 1
        first, stop = self._first(lines, start, final=final)
        if first is None:
            return start
        if isinstance(first, list) and self._is_header(first):
            self._selection = select(first, self._selected)
            return stop
        if self._dialect.header is Header.YES:
            raise SegmentFormatError("the first row has to be the header, and it cannot be read")
        self._selection = select(self._columns, self._selected)
        return start

    def _first(self, lines: Lines, start: int, *, final: bool) -> tuple[list[str] | Malformed | None, int]:
        if start < len(lines.texts):
            return self._scanner.record(lines, start, final=final)
        return (RECORD_TOO_LONG if self._overlong(lines) else None), start

    def _is_header(self, first: list[str]) -> bool:
        if self._dialect.header is Header.AUTO and self._columns:
            return sorted(first) == sorted(self._columns)
        return self._dialect.header is not Header.NO

    def _rows(self, lines: Lines, start: int, selection: Selection, *, final: bool) -> list[Row]:
        rows, stop = self._scanner.rows(lines, start, selection, final=final)
        self._carry = lines.rest(stop)
        if stop == len(lines.texts) and self._overlong(lines):
            rows.append(RECORD_TOO_LONG)
            self._lines_to_skip = 1
            self._carry = lines.held
        return rows

    def _overlong(self, lines: Lines) -> bool:
        return len(lines.tail) - len(lines.held) > self._limit
