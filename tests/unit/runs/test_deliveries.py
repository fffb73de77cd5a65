from typing import Any

import pytest

from shared.runs.deliveries import Batch, Deliveries, Part
from tests.unit.runs.fakes import folded

type Line = dict[str, Any]


def sent(deliveries: Deliveries, batch: str, at: float = 1.0) -> Batch:
    """Takes the next part and has it accepted."""
    part = deliveries.take()
    assert part is not None
    deliveries.fold_delivery(deliveries.accepted_line(part, batch, at))
    return deliveries.batch(batch)


def ended(deliveries: Deliveries, batch: str, state: str, **more: Any) -> None:
    deliveries.fold_outcome({"batch": batch, "state": state} | more)
    deliveries.queue_again(deliveries.batch(batch))


def test_a_fresh_plan_sends_every_chunk_whole_and_in_order() -> None:
    deliveries = Deliveries([2, 1])
    deliveries.queue_remaining()

    assert list(iter(deliveries.take, None)) == [Part(chunk=0, contacts=(0, 1)), Part(chunk=1, contacts=(0,))]
    assert not deliveries.sendable


@pytest.mark.parametrize("state", ["failed", "interrupted"])
def test_a_batch_that_fails_is_sent_again_twice_and_after_everything_else(state: str) -> None:
    deliveries = Deliveries([2, 1])
    deliveries.queue_remaining()
    sent(deliveries, "a")
    ended(deliveries, "a", state)

    assert sent(deliveries, "other").part.chunk == 1
    assert sent(deliveries, "b").part.attempt == 2
    ended(deliveries, "b", state)
    assert sent(deliveries, "c").part.attempt == 3
    ended(deliveries, "c", state)

    assert deliveries.take() is None
    assert deliveries.fates(0) == [("failed", "batch_failed")] * 2


def test_half_of_a_failed_batch_is_still_sent_again_after_a_crash_in_between() -> None:
    lines: list[Line] = [
        {"chunk": 0, "batch": "a", "at": 1.0},
        {"chunk": 0, "batch": "b", "at": 2.0, "contacts": [0, 1], "attempt": 2, "replaces": "a"},
    ]
    deliveries = folded([4], lines, [{"batch": "a", "state": "failed"}])

    deliveries.queue_remaining()

    assert list(iter(deliveries.take, None)) == [Part(chunk=0, contacts=(2, 3), attempt=2, replaces="a")]


def test_a_contact_refused_the_second_time_is_not_sent_a_third_time() -> None:
    lines: list[Line] = [
        {"chunk": 0, "batch": "a", "at": 1.0},
        {"chunk": 0, "refused": {"1": "refused: phone"}},
    ]
    deliveries = folded([3], lines, [{"batch": "a", "state": "failed"}])

    deliveries.queue_remaining()

    assert list(iter(deliveries.take, None)) == [Part(chunk=0, contacts=(0, 2), attempt=2, replaces="a")]


def test_a_contact_that_two_workers_sent_arrived_if_one_of_both_did() -> None:
    lines: list[Line] = [{"chunk": 0, "batch": "a", "at": 1.0}, {"chunk": 0, "batch": "b", "at": 1.0}]
    outcomes: list[Line] = [{"batch": "a", "state": "completed"}, {"batch": "b", "state": "failed"}]

    orders = [folded([2], these, outcomes) for these in (lines, lines[::-1])]

    for deliveries in orders:
        deliveries.queue_remaining()
        assert deliveries.fates(0) == [("imported", "")] * 2
        assert deliveries.take() is None
        assert deliveries.contacts_accepted() == 2


def test_an_outcome_that_comes_late_replaces_the_giving_up_but_never_the_other_way_round() -> None:
    deliveries = folded([1], [{"chunk": 0, "batch": "a", "at": 1.0}], [])

    deliveries.fold_outcome({"batch": "a", "state": "unconfirmed"})
    deliveries.fold_outcome({"batch": "a", "state": "completed"})
    deliveries.fold_outcome({"batch": "a", "state": "unconfirmed"})

    assert deliveries.tally()["imported"] == 1


def test_an_outcome_of_an_unknown_batch_is_no_fault() -> None:
    deliveries = folded([1], [], [{"batch": "somebody else's", "state": "completed"}])

    assert deliveries.tally()["unsent"] == 1


def test_parts_given_back_are_taken_next_in_their_order() -> None:
    deliveries = Deliveries([4, 1])
    deliveries.queue_remaining()
    part = deliveries.take()
    assert part is not None

    deliveries.give_back(*part.halves())

    assert [taken.contacts for taken in iter(deliveries.take, None)] == [(0, 1), (2, 3), (0,)]


def test_the_times_of_acceptance_are_those_of_the_first_and_the_last() -> None:
    deliveries = Deliveries([1, 1])
    deliveries.queue_remaining()
    assert (deliveries.first_accepted_at, deliveries.last_accepted_at) == (None, None)

    sent(deliveries, "a", at=7.0)
    sent(deliveries, "b", at=5.0)

    first, last = deliveries.first_accepted_at, deliveries.last_accepted_at
    assert first is not None
    assert last is not None
    assert (first.timestamp(), last.timestamp()) == (5.0, 7.0)


def test_marks_grow_with_acceptance_refusal_and_outcome() -> None:
    deliveries = Deliveries([2])
    marks = [deliveries.marks]
    for line in (
        {"chunk": 0, "refused": {"1": "refused"}},
        {"chunk": 0, "batch": "a", "at": 1.0, "contacts": [0]},
    ):
        deliveries.fold_delivery(line)
        marks.append(deliveries.marks)
    deliveries.fold_outcome({"batch": "a", "state": "completed"})

    assert [*marks, deliveries.marks] == [0, 1, 2, 3]
    assert deliveries.anything_sent


def test_batches_are_listed_from_any_number_on() -> None:
    deliveries = Deliveries([1, 1, 1])
    deliveries.queue_remaining()
    for name in "abc":
        sent(deliveries, name)

    assert [batch.id for batch in deliveries.batches_from(1)] == ["b", "c"]
