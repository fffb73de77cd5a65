"""From a segment's rows to candidates: one row each, address checked, values converted."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.contacts.addresses import fault, normalise
from shared.contacts.rejections import Rejection
from shared.segments.rows import RowBatch

Digest = Callable[[str], bytes]
"""The keyed hash of a normalised address, 16 bytes."""

Candidate = tuple[bytes, int, str, str, int, int, str]
"""(address digest, segment's index, preference value, primary key, partition's index, row, values).

The values are the address, then one per target, in one string (see `pack`). Plain and flat, because a million
of them are spilled, sorted and grouped.
"""

_UNIT: Final = "\x1f"
"""ASCII's unit separator stands between values."""
_LEFT_OUT: Final = "\x1e"
"""Stands for a value that is left out; "" is a value that the row does not have."""
_RESERVED: Final = str.maketrans({_UNIT: " ", _LEFT_OUT: " "})

DIGEST: Final = 0
SEGMENT: Final = 1
PREFERENCE: Final = 2
PRIMARY_KEY: Final = 3
PARTITION: Final = 4
ROW: Final = 5
VALUES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumn:
    """A target whose values must be converted; `convert` gives None for a value that does not fit."""

    place: int
    name: str
    convert: Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentMapping:
    """How the rows of one segment become candidates.

    `columns` are selected from the snapshot in this order: the address, one per target whose column is there,
    the primary key, the preference.
    """

    segment: str
    index: int
    columns: tuple[str, ...]
    missing: tuple[int, ...]
    """Targets (by place) whose column the segment does not have; they are left out."""
    typed: tuple[TypedColumn, ...]
    has_primary_key: bool
    has_preference: bool
    partitions: tuple[str, ...]


@dataclass(slots=True)
class Mapped:
    """What came out of a batch."""

    candidates: list[Candidate] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    unconverted: Counter[str] = field(default_factory=Counter)


def map_batch(mapping: SegmentMapping, batch: RowBatch, digest: Digest) -> Mapped:
    """Each row of the batch as a candidate or a rejection."""
    mapped = Mapped()
    partition = mapping.partitions.index(batch.partition)
    end = len(mapping.columns) - mapping.has_primary_key - mapping.has_preference
    for row, cells in enumerate(batch.rows, batch.first_row):
        if not isinstance(cells, tuple):
            mapped.rejections.append(_rejection(mapping, batch.partition, row, "", cells.reason))
            continue
        key = _readable(cells[end].strip()) if mapping.has_primary_key else ""
        address = normalise(cells[0])
        values: list[str | None] = [address, *map(str.strip, cells[1:end])]
        text = _UNIT.join(values)  # type: ignore[arg-type]  # none of them is None yet
        reason = fault(address) or (None if text.isascii() else _encoding_fault(text))
        if reason:
            mapped.rejections.append(_rejection(mapping, batch.partition, row, key, reason))
            continue
        if mapping.missing or mapping.typed:
            _convert(mapping, values, mapped.unconverted)
            text = pack(values)
        elif text.count(_UNIT) != len(values) - 1 or _LEFT_OUT in text:
            text = pack(values)
        preference = cells[-1].strip() if mapping.has_preference else ""
        mapped.candidates.append((digest(address), mapping.index, preference, key, partition, row, text))
    return mapped


def _convert(mapping: SegmentMapping, values: list[str | None], unconverted: Counter[str]) -> None:
    for place in mapping.missing:
        values.insert(place, None)
    for column in mapping.typed:
        text = values[column.place]
        if not text:
            continue
        values[column.place] = converted = column.convert(text)
        if converted is None:
            unconverted[column.name] += 1


def pack(values: Sequence[str | None]) -> str:
    """Values as one string, None for what is left out; separators inside of values become spaces."""
    return _UNIT.join(_LEFT_OUT if value is None else value.translate(_RESERVED) for value in values)


def unpack(text: str) -> list[str | None]:
    """The values that `pack` put together."""
    values: list[str | None] = text.split(_UNIT)  # type: ignore[assignment]  # a list of its own
    if _LEFT_OUT not in text:
        return values
    return [None if value == _LEFT_OUT else value for value in values]


def _encoding_fault(text: str) -> str | None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "bad_encoding"
    return None


def _readable(key: str) -> str:
    """The key as it can be written to a report: undecodable bytes become question marks."""
    return key if key.isascii() else key.encode(errors="replace").decode()


def _rejection(mapping: SegmentMapping, partition: str, row: int, key: str, reason: str) -> Rejection:
    return Rejection(
        segment=mapping.segment,
        primary_key=key,
        partition=partition,
        row=row,
        stage="rejected",
        reason=reason,
    )
