"""One contact per address: which of several rows gives the attributes."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import Literal

from shared.contacts.mapping import DIGEST, PREFERENCE, PRIMARY_KEY, SEGMENT, VALUES, Candidate
from shared.contacts.values import converter

Take = Literal["greatest", "smallest"]

_moment = converter("datetime")


def groups(candidates: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    """The candidates of each address together, addresses in the order of their digests."""
    alone = {candidate[DIGEST]: candidate for candidate in candidates}
    if len(alone) == len(candidates):
        return ((alone[digest],) for digest in sorted(alone))
    together: dict[bytes, list[Candidate]] = {}
    for candidate in candidates:
        together.setdefault(candidate[DIGEST], []).append(candidate)
    return (together[digest] for digest in sorted(together))


def winner(group: Sequence[Candidate], take: Take) -> Candidate:
    """The row that gives the attributes.

    By the order of the segments in the export, then the preferred value, then the smallest primary key, and
    last the values themselves: never by file order, so nothing flips from day to day.
    """
    if len(group) == 1:
        return group[0]
    first = min(candidate[SEGMENT] for candidate in group)
    rows = [candidate for candidate in group if candidate[SEGMENT] == first]
    choose = max if take == "greatest" else min
    preferences = [_comparable(candidate[PREFERENCE]) for candidate in rows if candidate[PREFERENCE]]
    if preferences:
        best = choose(preferences)
        rows = [row for row in rows if row[PREFERENCE] and _comparable(row[PREFERENCE]) == best]
    return min(rows, key=itemgetter(PRIMARY_KEY, VALUES))


def _comparable(value: str) -> tuple[int, Decimal, str]:
    """Numbers by size, exactly, before dates by time, before any other text."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite():
        return 0, number, ""
    if moment := _moment(value):
        return 1, Decimal(0), moment
    return 2, Decimal(0), value
