"""Records read exactly out of lines, in time that grows with the lines alone."""

from shared.segments.dialect import Dialect, QuoteStyle
from shared.segments.lines import Lines
from shared.segments.records import record_of
from shared.segments.rows import RECORD_TOO_LONG, UNCLOSED_QUOTE, Malformed

type Reading = tuple[list[str] | Malformed | None, int]
"""A record's fields, None if its end has not come yet; and the line where reading goes on."""


class ExactReading:
    """Reads records out of `lines`, which are asked for from the first to the last.

    A record of more than `record_limit` characters is malformed, and so is one that does not close although
    nothing follows (`final`). Reading then goes on at its second line, and a quote that is open at the end of
    that one meets the same lines again: what was found out about them is remembered, not found out anew.
    """

    __slots__ = ("_dialect", "_final", "_limit", "_lines", "_too_long_until", "_unclosed_from")

    def __init__(self, dialect: Dialect, lines: Lines, *, record_limit: int, final: bool) -> None:
        self._dialect = dialect
        self._lines = lines
        self._limit = record_limit
        self._final = final
        self._too_long_until = 0
        """A quote that is open at the end of a line before this one belongs to a record beyond the limit."""
        self._unclosed_from = len(lines.texts)
        """A quote that is open at the end of this line or a later one does not close in these lines."""

    def record(self, start: int) -> Reading:
        """The record that begins at line `start`."""
        lines, dialect = self._lines, self._dialect
        if dialect.quote_style is QuoteStyle.NONE and not dialect.escape:
            return self.measured(lines.texts[start].split(dialect.delimiter), start, start + 1)
        record = record_of(dialect)
        for index in range(start, len(lines.texts)):
            record.add(lines.texts[index])
            if not record.open:
                return self.measured(record.fields(), start, index + 1)
            if index < self._too_long_until:
                return RECORD_TOO_LONG, start + 1
            if index >= self._unclosed_from:
                break
            record.add_break(lines.ends[index])
        return self._unclosed(start)

    def measured(self, fields: list[str], start: int, stop: int) -> Reading:
        """The record of the lines from `start` up to but without `stop`, unless it is too long."""
        if self._lines.length <= self._limit:
            return fields, stop
        size = len(self._lines.span(start, stop))
        if size <= self._limit:
            return fields, stop
        self._remember_size(size, start, stop)
        return RECORD_TOO_LONG, start + 1

    def _unclosed(self, start: int) -> Reading:
        """What a record is that goes on to the end of the lines."""
        lines = self._lines
        if start < self._unclosed_from:
            self._unclosed_from = start
            size = len(lines.rest(start)) - len(lines.held) if lines.length > self._limit else 0
            self._remember_size(size, start, len(lines.texts))
        if start < self._too_long_until:
            return RECORD_TOO_LONG, start + 1
        return (UNCLOSED_QUOTE, start + 1) if self._final else (None, start)

    def _remember_size(self, size: int, start: int, stop: int) -> None:
        """Note how many lines `size` characters from line `start` lose before they are within the limit."""
        while size > self._limit and start < stop:
            size -= len(self._lines.texts[start]) + len(self._lines.ends[start])
            start += 1
        self._too_long_until = max(self._too_long_until, start)
