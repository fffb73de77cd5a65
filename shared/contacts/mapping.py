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

Candidate = tuple[bytes, int, str, str, int, int, tuple[str | None, ...]]
"""(address digest, segment's index, preference value, primary key, partition's index, row, values).

The values are the address, then one per target: "" where the row has none, None where it is left out. A plain
tuple, because a million of them are spilled, sorted and grouped.
"""

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

    `columns` are selected from the snapshot in this order: the address, one per entry of `sources` that is
    not None, the primary key, the preference.
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
        texts = [address, *map(str.strip, cells[1:end])]
        reason = fault(address) or _encoding_fault(texts)
        if reason:
            mapped.rejections.append(_rejection(mapping, batch.partition, row, key, reason))
            continue
        values: list[str | None] = [*texts]
        if mapping.missing or mapping.typed:
            _convert(mapping, values, mapped.unconverted)
        preference = cells[-1].strip() if mapping.has_preference else ""
        mapped.candidates.append(
            (digest(address), mapping.index, preference, key, partition, row, tuple(values))
        )
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


def _encoding_fault(values: Sequence[str]) -> str | None:
    text = "".join(values)
    if text.isascii():
        return None
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
