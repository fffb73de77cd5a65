from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contacts.compile import Target, compile_mapping
from shared.contacts.mapping import (
    PARTITION,
    PREFERENCE,
    PRIMARY_KEY,
    ROW,
    VALUES,
    Candidate,
    Mapped,
    SegmentMapping,
    map_batch,
    pack,
    unpack,
)
from shared.exports.export import Preference
from shared.segments.rows import COLUMN_COUNT, Row, RowBatch
from tests.builders import KEYS, custom_field, snapshot

FIRST_NAME = Target(column="FirstName", name="first_name")
SCORE = Target(column="Score", name="SCORE", field=custom_field(7, "number"))
GONE = Target(column="Gone", name="phone")


def mapping(*wanted: Target, prefer: str | None = None, **changes: Any) -> SegmentMapping:
    return compile_mapping(
        snapshot(partitions=("Vip_1", "Vip_2"), **changes),
        3,
        email="EMail",
        wanted=wanted,
        prefer=Preference(column=prefer) if prefer else None,
    )


def mapped(made: SegmentMapping, *rows: Row, partition: str = "Vip_1", first_row: int = 1) -> Mapped:
    return map_batch(made, RowBatch(partition=partition, first_row=first_row, rows=list(rows)), KEYS.digest)


def values(one: Candidate) -> list[str | None]:
    return unpack(one[VALUES])


def test_a_row_becomes_a_candidate_with_its_position_and_trimmed_values() -> None:
    made = mapping(FIRST_NAME, prefer="Changed")

    result = mapped(
        made, (" Ann@Example.com ", " Ann ", " 42 ", " 2026-01-15 "), partition="Vip_2", first_row=9
    )

    assert result.candidates == [
        (KEYS.digest("ann@example.com"), 3, "2026-01-15", "42", 1, 9, "ann@example.com\x1fAnn")
    ]
    assert result.rejections == []


def test_without_a_primary_key_and_a_preference_both_are_empty() -> None:
    made = mapping(FIRST_NAME, primary_key=None)

    (one,) = mapped(made, ("ann@example.com", "Ann")).candidates

    assert (one[PRIMARY_KEY], one[PREFERENCE], values(one)) == ("", "", ["ann@example.com", "Ann"])


def test_a_column_that_the_segment_lacks_leaves_its_value_out_and_moves_no_other() -> None:
    made = mapping(GONE, FIRST_NAME, SCORE, primary_key=None)

    (one,) = mapped(made, ("ann@example.com", "Ann", "1,000")).candidates

    assert values(one) == ["ann@example.com", None, "Ann", "1000"]


def test_a_value_that_does_not_fit_its_field_is_left_out_and_counted() -> None:
    made = mapping(SCORE)

    result = mapped(
        made, ("a@example.com", "many", "1"), ("b@example.com", "7", "2"), ("c@example.com", " ", "3")
    )

    assert [values(one)[1] for one in result.candidates] == [None, "7", ""]
    assert result.unconverted == {"SCORE": 1}


@pytest.mark.parametrize(
    ("row", "reason", "key"),
    [
        (COLUMN_COUNT, "column_count", ""),
        (("", "Ann", "42"), "address_missing", "42"),
        (("ann", "Ann", "42"), "address_invalid", "42"),
        (("ann@example", "Ann", " 42 "), "address_domain", "42"),
        (("ann\udcff@example.com", "Ann", "42"), "bad_encoding", "42"),
        (("ann@example.com", "Ann\udcff", "42"), "bad_encoding", "42"),
    ],
)
def test_a_bad_row_is_rejected_at_its_position_and_the_next_goes_on(row: Row, reason: str, key: str) -> None:
    result = mapped(mapping(FIRST_NAME), row, ("bob@example.com", "Bob", "43"), first_row=5)

    (rejection,) = result.rejections
    assert (rejection.reason, rejection.position, rejection.primary_key) == (reason, "Vip_1:5", key)
    assert (rejection.segment, rejection.stage) == ("Vip", "rejected")
    assert [one[ROW] for one in result.candidates] == [6]


@pytest.mark.parametrize("address", ["ann@example.com", "ann"])
def test_a_primary_key_that_is_not_utf_8_can_be_written_all_the_same(address: str) -> None:
    result = mapped(mapping(FIRST_NAME), (address, "Ann", "4\udcff2"))

    keys = [one[PRIMARY_KEY] for one in result.candidates] + [one.primary_key for one in result.rejections]
    assert [key.encode() for key in keys] == [b"4?2"]


cells = st.sampled_from(
    ["", " ", "ann@example.com", "ANN@example.com", "bob@example.com", "x@y", "7", "ü\udcff"]
)
rows = st.lists(st.one_of(st.just(COLUMN_COUNT), st.tuples(cells, cells, cells, cells, cells)), max_size=20)


@given(rows, st.integers(1, 1000))
def test_every_row_is_a_candidate_or_a_rejection_at_its_own_position(batch: list[Row], first: int) -> None:
    result = mapped(mapping(FIRST_NAME, GONE, SCORE, prefer="Changed"), *batch, first_row=first)

    seen = sorted([one[ROW] for one in result.candidates] + [one.row for one in result.rejections])
    assert seen == list(range(first, first + len(batch)))
    assert all(is_whole(one) for one in result.candidates)


def is_whole(one: Candidate) -> bool:
    address, first_name, phone, _ = values(one)
    return (
        address is not None
        and "@" in address
        and first_name is not None
        and phone is None
        and one[PARTITION] == 0
    )


texts = st.one_of(st.none(), st.text(st.sampled_from("ab \x1e\x1fü")))


@given(st.lists(texts, min_size=1, max_size=5))
def test_packed_values_come_back_with_spaces_for_separators(packed: list[str | None]) -> None:
    expected = [value and value.replace("\x1e", " ").replace("\x1f", " ") for value in packed]

    assert unpack(pack(packed)) == expected


@pytest.mark.parametrize("odd", ["Ann\x1fMay", "Ann\x1eMay"])
@pytest.mark.parametrize("wanted", [(FIRST_NAME,), (FIRST_NAME, GONE)])
def test_a_separator_inside_of_a_value_is_a_space_and_shifts_nothing(
    odd: str, wanted: tuple[Target, ...]
) -> None:
    (one,) = mapped(mapping(*wanted), ("ann@example.com", odd, "42")).candidates

    assert values(one)[:2] == ["ann@example.com", "Ann May"]
    assert len(values(one)) == 1 + len(wanted)


@given(st.lists(st.text(max_size=5) | st.none(), min_size=1, max_size=5))
def test_packed_values_come_back_with_separators_as_spaces(values: list[str | None]) -> None:
    expected = [v if v is None else v.replace("\x1f", " ").replace("\x1e", " ") for v in values]

    assert unpack(pack(values)) == expected
