"""One record, put together line by line: the exact reading of quotes and escapes.

Both classes are fed whole lines without their ends. While `open` is true a quote has been opened and not
closed, so the line end is data: give it to `add_break` and go on with the next line.
"""

from typing import Protocol

from shared.segments.dialect import CsvStyle, Dialect, QuoteStyle


class Record(Protocol):
    """The fields of one record so far."""

    open: bool

    def add(self, line: str) -> None: ...
    def add_break(self, end: str) -> None: ...
    def fields(self) -> list[str]: ...


def record_of(dialect: Dialect) -> Record:
    """An empty record to be read as `dialect` says."""
    return EscapedRecord(dialect) if dialect.escape else QuotedRecord(dialect)


class QuotedRecord:
    """A record without an escape character, taken apart at its quotes rather than at each character."""

    __slots__ = ("_anywhere", "_delimiter", "_done", "_earlier", "_fresh", "_quote", "open")

    def __init__(self, dialect: Dialect) -> None:
        self._delimiter = dialect.delimiter
        self._quote = dialect.quote
        self._anywhere = dialect.csv_style is CsvStyle.ANYWHERE
        self._done: list[str] = []
        self._earlier: list[str] = []
        self._fresh = True
        self.open = False

    def add(self, line: str) -> None:
        """Read one line. In one piece and on local names, since messy files spend their time here."""
        done, quote, delimiter, anywhere = self._done, self._quote, self._delimiter, self._anywhere
        is_open, fresh, text = self.open, self._fresh, ""
        parts = line.split(quote)
        count, index = len(parts), 0
        while index < count:
            part = parts[index]
            index += 1
            if is_open and index > 1:
                if not part and index < count:
                    text += quote + parts[index]
                    index += 1
                    continue
                is_open = False
            elif is_open:
                text += part
                continue
            elif index > 1 and (anywhere or fresh):
                is_open, fresh = True, False
                text += part
                continue
            elif index > 1:
                text += quote
            if part:
                pieces = part.split(delimiter)
                pieces[0] = text + pieces[0]
                text = pieces.pop()
                fresh = not text
                if pieces:
                    self._complete(pieces)
                    done += pieces
        self.open, self._fresh = is_open, fresh
        self._earlier.append(text)

    def add_break(self, end: str) -> None:
        """The line ended between quotes: its end is data."""
        self._earlier.append(end)

    def fields(self) -> list[str]:
        """All fields; the record ends here."""
        return [*self._done, "".join(self._earlier)]

    def _complete(self, pieces: list[str]) -> None:
        if self._earlier:
            pieces[0] = "".join(self._earlier) + pieces[0]
            self._earlier = []


class EscapedRecord:
    """A record of a dialect with an escape character, read one character at a time."""

    __slots__ = ("_anywhere", "_delimiter", "_done", "_escape", "_fresh", "_quote", "_text", "open")

    def __init__(self, dialect: Dialect) -> None:
        self._delimiter = dialect.delimiter
        self._quote = dialect.quote if dialect.quote_style is QuoteStyle.CSV else None
        self._escape = dialect.escape
        self._anywhere = dialect.csv_style is CsvStyle.ANYWHERE
        self._done: list[str] = []
        self._text: list[str] = []
        self._fresh = True
        self.open = False

    def add(self, line: str) -> None:
        """Read one line; an escape character that ends it is an ordinary character."""
        index = 0
        while index < len(line):
            index += self._step(line[index], line[index + 1 : index + 2])

    def add_break(self, end: str) -> None:
        """The line ended between quotes: its end is data."""
        self._text.append(end)

    def fields(self) -> list[str]:
        """All fields; the record ends here."""
        return [*self._done, "".join(self._text)]

    def _step(self, character: str, following: str) -> int:
        """Read one character and say how many were used up."""
        if character == self._escape and following:
            return self._literal(following, used=2)
        if character == self._quote and self.open and following == self._quote:
            return self._literal(following, used=2)
        if character == self._quote and (self.open or self._fresh or self._anywhere):
            self.open, self._fresh = not self.open, False
            return 1
        if character == self._delimiter and not self.open:
            self._done.append("".join(self._text))
            self._text, self._fresh = [], True
            return 1
        return self._literal(character, used=1)

    def _literal(self, character: str, *, used: int) -> int:
        self._text.append(character)
        self._fresh = False
        return used
