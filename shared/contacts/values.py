"""The value of a profile's attribute, written as ActiveCampaign's custom fields want it.

Values arrive as the text of a CSV cell and leave as text (ActiveCampaign API reference, custom fields).
What cannot be written without guessing or losing a part of it is unconvertible, and becomes None.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Literal, Self

DateOrder = Literal["mdy", "dmy"]
"""How dates with the year last are read: month first as in the US, or day first."""

type Converter = Callable[[str], str | None]

_CONVERTED = frozenset({"number", "date", "datetime", "dropdown", "radio", "checkbox", "listbox"})

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?").fullmatch
# Three digits of exponent hold every double and keep the plain form short.
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|(?=\.[0-9]))(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?"
).fullmatch

_TIME = (
    r"(?:,?[T\s]\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?(?:\s*(?P<offset>Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>[0-9]{{4}})(?P<mark>[/-])(?P<month>[0-9]{{1,2}})(?P=mark)(?P<day>[0-9]{{1,2}}){_TIME}"
)
_YEAR_LAST = {
    "mdy": re.compile(rf"(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})/(?P<year>[0-9]{{4}}){_TIME}"),
    "dmy": re.compile(
        rf"(?P<day>[0-9]{{1,2}})(?P<mark>[/.-])(?P<month>[0-9]{{1,2}})(?P=mark)(?P<year>[0-9]{{4}}){_TIME}"
    ),
}

_YES = frozenset({"true", "yes", "y", "1", "on"})
_NO = frozenset({"false", "no", "n", "0", "off"})


def is_plain(field_type: str) -> bool:
    """Whether a field takes any text as it is: text, textarea, hidden, and types nobody has told us of."""
    return field_type.casefold() not in _CONVERTED


def converter(field_type: str, options: Sequence[str] = (), *, date_order: DateOrder = "mdy") -> Converter:
    """The function that writes a value for a field of ActiveCampaign's `field_type`.

    It takes a trimmed text that is not empty, and gives None for what is unconvertible:

    - number: plain decimal notation, exactly the number that came in; `.` is the decimal mark, and `,`
      parts groups of three (the model.json's invariant culture and en-US, in which numbers are written).
    - date: `YYYY-MM-DD`, the day as it is written, whatever its offset.
    - datetime: ISO 8601 in UTC, to the second; without an offset it is taken as UTC.
      Both read ISO 8601, year-first and compact dates, and those of `date_order`. Two-digit years are
      not guessed, and the year 1 is unconvertible: .NET's word for "no date".
    - dropdown, radio: the option's own text; case and edge spaces do not matter, unless they tell options
      apart.
    - checkbox, listbox: `||A||B||` in the order of `options`, from parts between `||`, `;`, `|` or `,` or
      from a JSON array. A single unknown part makes the value unconvertible, so that nothing is lost.
    - anything else: the text itself (see `is_plain`).

    A yes and a no as the only two options also take true and false, 1 and 0. Without options any text
    passes, and checkbox and listbox do not part it at commas.
    """
    match field_type.casefold():
        case "number":
            return _number
        case "date":
            return partial(_date, year_last=_YEAR_LAST[date_order])
        case "datetime":
            return partial(_datetime, year_last=_YEAR_LAST[date_order])
        case "dropdown" | "radio":
            return _Options.of(options).find if options else str
        case "checkbox" | "listbox" if options:
            return partial(_listed, options=_Options.of(filter(_can_be_listed, options)))
        case "checkbox" | "listbox":
            return _listed_unchecked
    return str


def _number(text: str) -> str | None:
    if _PLAIN_NUMBER(text):
        return text
    if not _NUMBER(text):
        return None
    return f"{Decimal(text.replace(',', '')):f}"


def _date(text: str, year_last: re.Pattern[str]) -> str | None:
    moment = _moment(text, year_last)
    return moment.date().isoformat() if moment else None


def _datetime(text: str, year_last: re.Pattern[str]) -> str | None:
    moment = _moment(text, year_last)
    if moment is None:
        return None
    try:
        instant = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        return None
    # Measured: half the time of letting Python write the offset.
    return f"{instant.isoformat('T', 'seconds')}+00:00"


def _moment(text: str, year_last: re.Pattern[str]) -> datetime | None:
    moment = _from_iso(text) if _looks_iso(text) else None
    if moment is None:
        moment = _from_iso(_as_iso(text, year_last))
    return moment if moment and moment.year > 1 else None


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _looks_iso(text: str) -> bool:
    """Python alone would also take ISO weeks, and any character between date and time, even a digit."""
    return (text[7:8] == "-" and text[10:11] in "T ") or (len(text) == 8 and text.isdigit())


def _as_iso(text: str, year_last: re.Pattern[str]) -> str:
    """Empty for a text of no known form; impossible dates and times pass."""
    found = _YEAR_FIRST.fullmatch(text) or year_last.fullmatch(text)
    if found is None:
        return ""
    part = found.groupdict(default="")
    hour = int(part["hour"] or 0)
    if part["half"]:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + (12 if part["half"] in "Pp" else 0)
    offset = part["offset"].replace("UTC", "Z")
    date = f"{part['year']}-{part['month']:0>2}-{part['day']:0>2}"
    return f"{date}T{hour:02}:{part['minute']:0>2}:{part['second']:0>2}{offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The options of a field by their spellings; a folded one is known where it means one option only."""

    exact: Mapping[str, str]
    folded: Mapping[str, str]

    @classmethod
    def of(cls, options: Iterable[str]) -> Self:
        exact = {option: option for option in options}
        counts = Counter(option.strip().casefold() for option in exact)
        folded = {fold: option for option in exact if counts[fold := option.strip().casefold()] == 1}
        answers = _answers(folded) if len(exact) == 2 else {}
        return cls(exact=exact, folded=answers | folded)

    def find(self, text: str) -> str | None:
        return self.exact.get(text) or self.folded.get(text.casefold())


def _answers(folded: Mapping[str, str]) -> dict[str, str]:
    """Every word for yes and for no, where the two options are one of each."""
    yes, no = folded.keys() & _YES, folded.keys() & _NO
    if not (yes and no):
        return {}
    return dict.fromkeys(_YES, folded[yes.pop()]) | dict.fromkeys(_NO, folded[no.pop()])


def _listed(text: str, options: _Options) -> str | None:
    for parts in chain([[text]], _splits(text), [_parts(text, ",")]):
        chosen = {options.find(part) for part in parts}
        if chosen and None not in chosen:
            return _in_bars(option for option in options.exact if option in chosen)
    return None


def _listed_unchecked(text: str) -> str | None:
    parts = next(_splits(text), [text])
    return _in_bars(dict.fromkeys(parts)) if parts and all(map(_can_be_listed, parts)) else None


def _splits(text: str) -> Iterator[list[str]]:
    if text.startswith("[") and (array := _string_array(text)):
        yield array
    for mark in ("||", ";", "|"):
        if mark in text:
            yield _parts(text, mark)


def _parts(text: str, mark: str) -> list[str]:
    return [part for piece in text.split(mark) if (part := piece.strip())]


def _string_array(text: str) -> list[str]:
    try:
        array = json.loads(text)
    except (ValueError, RecursionError):
        return []
    texts = isinstance(array, list) and all(isinstance(part, str) for part in array)
    return [part.strip() for part in array if part.strip()] if texts else []


def _can_be_listed(option: str) -> bool:
    """Bars are the separator and cannot be escaped."""
    return "||" not in option and option == option.strip("|")


def _in_bars(options: Iterable[str]) -> str:
    return f"||{'||'.join(options)}||"
