"""The CSV rules read one character at a time: slow, obvious, and written apart from the product's reader."""

from dataclasses import dataclass, field

from shared.segments.dialect import CsvStyle, Dialect, QuoteStyle


@dataclass(slots=True, kw_only=True)
class Parsed:
    fields: list[str] = field(default_factory=lambda: [""])
    closed: bool = True
    end: int = 0
    next: int = 0


def reference_rows(
    text: str, dialect: Dialect, *, width: int, limit: int = 10**9
) -> list[tuple[str, ...] | str]:
    """All rows of `text`; a malformed one is its reason."""
    rows: list[tuple[str, ...] | str] = []
    position = 0
    while position < len(text):
        if size := _line_end(text, position, dialect):
            position += size
            continue
        parsed = _record(text, position, dialect)
        if parsed.end - position > limit:
            rows.append("record_too_long")
            position = _after_line(text, position, dialect)
        elif not parsed.closed:
            rows.append("unclosed_quote")
            position = _after_line(text, position, dialect)
        else:
            rows.append(tuple(parsed.fields) if len(parsed.fields) == width else "column_count")
            position = parsed.next
    return rows


def _record(text: str, start: int, dialect: Dialect) -> Parsed:
    parsed = Parsed()
    quoted = False
    at_start = True
    position = start
    while position < len(text):
        character, following = text[position], text[position + 1 : position + 2]
        size = _line_end(text, position, dialect)
        if size and not quoted:
            parsed.end, parsed.next = position, position + size
            return parsed
        escapes = dialect.escape and character == dialect.escape and following
        is_quote = dialect.quote_style is QuoteStyle.CSV and character == dialect.quote
        if escapes and not _line_end(text, position + 1, dialect):
            parsed.fields[-1] += following
            at_start, position = False, position + 2
        elif is_quote and quoted and following == dialect.quote:
            parsed.fields[-1] += character
            position += 2
        elif is_quote and (quoted or at_start or dialect.csv_style is CsvStyle.ANYWHERE):
            quoted, at_start, position = not quoted, False, position + 1
        elif character == dialect.delimiter and not quoted:
            parsed.fields.append("")
            at_start, position = True, position + 1
        else:
            parsed.fields[-1] += character
            at_start, position = False, position + 1
    parsed.closed = not quoted
    parsed.end = parsed.next = len(text)
    return parsed


def _line_end(text: str, position: int, dialect: Dialect) -> int:
    """How many characters at `position` are a line end."""
    ends = {None: ("\r\n", "\n", "\r"), "\n": ("\r\n", "\n")}.get(dialect.newline, (dialect.newline or "",))
    return next((len(end) for end in ends if text.startswith(end, position)), 0)


def _after_line(text: str, position: int, dialect: Dialect) -> int:
    while position < len(text) and not _line_end(text, position, dialect):
        position += 1
    return position + _line_end(text, position, dialect)
