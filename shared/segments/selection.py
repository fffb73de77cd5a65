"""Which columns of a row are wanted, and where they stand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from shared.errors import SegmentFormatError
from shared.excerpts import excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How to get the wanted values out of a row's fields.

    `width` is the number of fields a row must have; `pick` needs no more than the first `reach` of them.
    """

    width: int
    reach: int
    pick: Callable[[Sequence[str]], tuple[str, ...]]


def select(columns: Sequence[str], wanted: Sequence[str]) -> Selection:
    """The selection of `wanted`, in that order, from rows that have `columns`.

    Raises:
        SegmentFormatError: a wanted column is not there, or stands there twice.
    """
    indexes = [_index(columns, name) for name in wanted]
    return Selection(width=len(columns), reach=max(indexes, default=-1) + 1, pick=_picker(indexes))


def _index(columns: Sequence[str], name: str) -> int:
    """Where `name` stands. Other columns are not named: where no header is, they are a person's values."""
    if name not in columns:
        missing = f"there is no column {excerpt(name)!r} among its {len(columns):,}"
        raise SegmentFormatError(f"{missing}; see whether its first row is a header that names it")
    if columns.count(name) > 1:
        times = f"stands there {columns.count(name)} times"
        raise SegmentFormatError(f"the column {excerpt(name)!r} {times}; rename one")
    return columns.index(name)


def _picker(indexes: list[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    if len(indexes) > 1:
        return itemgetter(*indexes)
    return lambda fields: tuple(fields[index] for index in indexes)
