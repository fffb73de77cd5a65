import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contacts.duplicates import Take, groups, winner
from shared.contacts.mapping import DIGEST, PREFERENCE, PRIMARY_KEY, SEGMENT, VALUES, Candidate, pack
from tests.builders import candidate

takes: st.SearchStrategy[Take] = st.sampled_from(["greatest", "smallest"])
numbers = ["", "1", "1.0", "01", "10", "9", "-3", "nan", "NaN", "inf", "1_0"]
large_numbers = ["9007199254740993", "9007199254740992"]
texts = ["2026-01-15", "2026-02-01", "2025-12-31T10:00:00", "soon", "later"]
preferences = st.sampled_from([*numbers, *large_numbers, *texts])
candidates = st.builds(
    lambda segment, preference, key, values, row: candidate(
        "ann@example.com", *values, segment=segment, preference=preference, key=key, row=row
    ),
    st.integers(0, 2),
    preferences,
    st.sampled_from(["", "1", "2"]),
    st.tuples(st.sampled_from([None, "", "Ann", "Bob"])),
    st.integers(1, 99),
)


def sent(row: Candidate) -> tuple[object, ...]:
    """All of a row but where it stood."""
    return row[DIGEST], row[SEGMENT], row[PRIMARY_KEY], row[VALUES]


@given(st.data(), st.lists(candidates, min_size=1, max_size=6), takes)
def test_the_winner_is_the_same_in_whatever_order_the_rows_come(
    data: st.DataObject, rows: list[Candidate], take: Take
) -> None:
    shuffled = data.draw(st.permutations(rows))

    assert sent(winner(shuffled, take)) == sent(winner(rows, take))


@given(st.lists(candidates, min_size=1, max_size=6), takes)
def test_the_winner_comes_from_the_first_segment_that_has_the_address(
    rows: list[Candidate], take: Take
) -> None:
    chosen = winner(rows, take)

    assert chosen in rows
    assert chosen[SEGMENT] == min(row[SEGMENT] for row in rows)


def preferred(take: Take, *values: str) -> str:
    return winner([candidate(preference=value, key=str(at)) for at, value in enumerate(values)], take)[
        PREFERENCE
    ]


@pytest.mark.parametrize(
    ("values", "greatest", "smallest"),
    [
        (("9", "10", "-3"), "10", "-3"),
        (("2.5", "2.25"), "2.5", "2.25"),
        (("1e3", "999"), "1e3", "999"),
        (("9007199254740992", "9007199254740993"), "9007199254740993", "9007199254740992"),
        (("2026-01-15", "2025-12-31", "2026-02-01"), "2026-02-01", "2025-12-31"),
        (("2026-01-15T06:40:00Z", "2026-01-15T06:39:59Z"), "2026-01-15T06:40:00Z", "2026-01-15T06:39:59Z"),
        (("2/1/2026", "12/31/2025", "1/15/2026 6:40 PM"), "2/1/2026", "12/31/2025"),
        (("2026-01-15", "gold", "7"), "gold", "7"),
        (("", "5", ""), "5", "5"),
        (("gold", "5", "silver"), "silver", "5"),
        (("nan", "5"), "nan", "5"),
    ],
)
def test_the_preferred_value_is_the_greatest_or_the_smallest(
    values: tuple[str, ...], greatest: str, smallest: str
) -> None:
    assert preferred("greatest", *values) == greatest
    assert preferred("smallest", *values) == smallest


def test_a_segment_before_another_beats_any_preference() -> None:
    rows = [candidate(segment=1, preference="9"), candidate(segment=0, preference="")]

    assert winner(rows, "greatest")[SEGMENT] == 0


def test_equal_preferences_leave_it_to_the_smallest_primary_key() -> None:
    rows = [candidate(preference="1.0", key="b"), candidate(preference="1", key="a")]

    assert winner(rows, "greatest")[PRIMARY_KEY] == "a"


def test_without_a_preference_the_smallest_primary_key_wins_and_then_the_values() -> None:
    rows = [
        candidate("a@b.de", "Bob", key="2"),
        candidate("a@b.de", "Eve", key="1"),
        candidate("a@b.de", "Ann", key="1"),
    ]

    assert winner(rows, "greatest")[VALUES] == pack(["a@b.de", "Ann"])


@given(st.lists(st.sampled_from("abcdefgh"), max_size=30))
def test_groups_hold_every_candidate_of_an_address_once_and_follow_the_digests(names: list[str]) -> None:
    rows = [candidate(f"{name}@example.com", row=row) for row, name in enumerate(names)]

    found = list(groups(rows))

    assert sorted((row for group in found for row in group), key=rows.index) == rows
    assert all(len({row[DIGEST] for row in group}) == 1 for group in found)
    digests = [group[0][DIGEST] for group in found]
    assert digests == sorted(set(digests))
