"""Lines turned into rows: the common shapes quickly, all others exactly."""

from itertools import islice

from shared.segments.dialect import Dialect, QuoteStyle
from shared.segments.exact import ExactReading, Reading
from shared.segments.lines import Lines
from shared.segments.rows import COLUMN_COUNT, Malformed, Row
from shared.segments.selection import Selection


class Scanner:
    """Reads the records of one dialect out of lines.

    A line without quotes is split at its delimiters, no further than the last wanted column. A line whose
    fields are all quoted and hold no quote is split at quote, delimiter, quote. Anything else is an
    `ExactReading`. A record of more than `record_limit` characters is malformed.
    """

    def __init__(self, dialect: Dialect, *, record_limit: int) -> None:
        self._dialect = dialect
        self._limit = record_limit
        self._quotes = dialect.quote_style is QuoteStyle.CSV
        self._special = [
            *([dialect.quote] if self._quotes else []),
            *([dialect.escape] if dialect.escape else []),
        ]

    def record(self, lines: Lines, start: int, *, final: bool) -> Reading:
        """The record that begins at line `start`, and the line after it; None if its end has not come yet."""
        return self._exact(lines, final=final).record(start)

    def rows(self, lines: Lines, start: int, selection: Selection, *, final: bool) -> tuple[list[Row], int]:
        """The rows of the lines from `start`, and the line where an unfinished record begins (or the end)."""
        if lines.length > self._limit or lines.hold_any(self._special):
            return self._messy_rows(lines, start, selection, final=final)
        texts = lines.texts[start:] if start else lines.texts
        return self._plain_rows(texts, selection), len(lines.texts)

    def _plain_rows(self, texts: list[str], selection: Selection) -> list[Row]:
        delimiter, reach, pick = self._dialect.delimiter, selection.reach, selection.pick
        gaps = selection.width - 1
        return [
            pick(line.split(delimiter, reach))
            if line.count(delimiter) == gaps
            else self._row(line.split(delimiter), selection)
            for line in texts
            if line
        ]

    def _messy_rows(
        self, lines: Lines, start: int, selection: Selection, *, final: bool
    ) -> tuple[list[Row], int]:
        """One loop over every shape of line; in one piece, as a call per row would cost as much again."""
        delimiter, reach, pick = self._dialect.delimiter, selection.reach, selection.pick
        first, second = (self._special[0], self._special[-1]) if self._special else ("\n", "\n")
        alone, short = first == second, lines.length <= self._limit
        wraps, quotes, gaps = alone and self._quotes, 2 * selection.width, selection.width - 1
        between = first + delimiter + first
        rows: list[Row] = []
        exact, resume = self._exact(lines, final=final), start
        for index, line in enumerate(islice(lines.texts, start, None), start):
            if index < resume or not line:
                continue
            quick = (short or len(line) <= self._limit) and (alone or second not in line)
            if quick and first not in line and line.count(delimiter) == gaps:
                rows.append(pick(line.split(delimiter, reach)))
            elif (
                wraps
                and quick
                and line.count(first) == quotes
                and line.count(between, 1, -1) == gaps
                and line[0] == first == line[-1]
            ):
                rows.append(pick(line[1:-1].split(between, reach)))
            else:
                record = None
                if wraps and line[0] == first:
                    record, resume = self._wrapped(exact, lines, index, selection.width)
                if record is None:
                    record, resume = exact.record(index)
                if record is None:
                    return rows, index
                rows.append(record if isinstance(record, Malformed) else self._row(record, selection))
        return rows, len(lines.texts)

    def _wrapped(self, exact: ExactReading, lines: Lines, start: int, width: int) -> Reading:
        """The record at line `start` if each of its fields is quoted, else None; a quicker reading."""
        quote, stop = self._dialect.quote, start
        is_open = True
        while is_open and stop < len(lines.texts):
            is_open = (lines.texts[stop].count(quote) % 2 == 1) == (stop == start)
            stop += 1
        if is_open or lines.texts[stop - 1][-1:] != quote:
            return None, start
        text = lines.span(start, stop)
        fields = text[1:-1].split(quote + self._dialect.delimiter + quote)
        if len(fields) != width:
            return None, start
        for index, field in enumerate(fields):
            if quote in field:
                if quote in field.replace(quote * 2, ""):
                    return None, start
                fields[index] = field.replace(quote * 2, quote)
        return exact.measured(fields, start, stop)

    def _exact(self, lines: Lines, *, final: bool) -> ExactReading:
        return ExactReading(self._dialect, lines, record_limit=self._limit, final=final)

    def _row(self, fields: list[str], selection: Selection) -> Row:
        missing = selection.width - len(fields)
        if not missing:
            return selection.pick(fields)
        if missing < 0 or not self._dialect.ragged_right:
            return COLUMN_COUNT
        return selection.pick([*fields, *[""] * missing])
