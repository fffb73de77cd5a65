from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.runs.deliveries import Deliveries
from shared.runs.explanations import MOST, Explanations
from tests.unit.runs.fakes import folded

Line = dict[str, Any]


def failed(*places_of_chunks: list[int], count: int = 250) -> Deliveries:
    """One batch a chunk, with failures at these places."""
    chunks = range(len(places_of_chunks))
    accepted = [{"chunk": chunk, "batch": f"b{chunk}", "at": 1.0} for chunk in chunks]
    outcomes = [
        {"batch": f"b{chunk}", "state": "completed", "failed": places}
        for chunk, places in enumerate(places_of_chunks)
    ]
    return folded([count] * len(places_of_chunks), accepted, outcomes)


def found(chunk: int, **reasons: str) -> Line:
    return {"chunk": chunk, "reasons": {place.removeprefix("at"): text for place, text in reasons.items()}}


def test_who_failed_is_left_until_a_line_says_what_was_found() -> None:
    deliveries = failed([2, 5], [], [0])

    before = Explanations.folded([])
    after = Explanations.folded([found(0, at5="bounced"), found(2, at0="")])

    assert list(before.left(deliveries, 3)) == [(0, [2, 5]), (2, [0])]
    assert list(after.left(deliveries, 3)) == [(0, [2])]


def test_batches_that_failed_as_a_whole_are_not_looked_up() -> None:
    deliveries = folded([3], [{"chunk": 0, "batch": "b", "at": 1.0}], [{"batch": "b", "state": "failed"}])

    assert list(Explanations().left(deliveries, 1)) == []


def test_no_more_than_five_hundred_are_looked_up_counting_those_who_were() -> None:
    deliveries = failed(*[list(range(240))] * 3)
    explained = Explanations.folded([found(0, at0="bounced"), found(0, at1="")])

    everybody = [places for _, places in Explanations().left(deliveries, 3)]
    rest = [places for _, places in explained.left(deliveries, 3)]

    assert sum(map(len, everybody)) == MOST == 500
    assert sum(map(len, rest)) == MOST - 2
    assert rest[2] == everybody[2]


def test_a_reason_stands_in_place_of_none_and_nothing_found_changes_nothing() -> None:
    deliveries = failed([0, 1], count=3)
    explanations = Explanations.folded([found(0, at0="unsubscribed: list 7", at1="")])

    explained = explanations.explained(0, deliveries.fates(0))

    assert explained == [("failed", "unsubscribed: list 7"), ("failed", "import_failed"), ("imported", "")]


lines = st.lists(
    st.one_of(
        st.builds(lambda at: {"began": at}, st.floats(0, 10)),
        st.just({"over": True}),
        st.builds(
            lambda chunk, place: {"chunk": chunk, "reasons": {str(place): f"reason {chunk} {place}"}},
            st.integers(0, 2),
            st.integers(0, 9),
        ),
    )
)


@given(lines, st.data())
def test_lines_in_any_order_and_any_of_them_twice_say_the_same(said: list[Line], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(said))) if said else []
    shuffled = data.draw(st.permutations(said + again))

    assert Explanations.folded(shuffled) == Explanations.folded(said)
