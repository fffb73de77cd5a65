from typing import Any

import pytest

from shared.activecampaign.model import Outcome, OutcomeState
from shared.errors import AccessDenied, RateLimited, RequestRefused, Unavailable
from shared.runs.confirming import Confirmer
from shared.runs.signals import Stop
from tests.unit.runs.fakes import Slice, address

START = 1_000.0
UNDECIDED = Outcome(state="undecided")


def confirmer(made: Slice, **changes: Any) -> Confirmer:
    usual: dict[str, Any] = {"first": 30.0, "give_up": 3_600.0}
    return Confirmer(
        account=made.account.keyed(),
        deliveries=made.deliveries,
        chunks=made.chunks,
        log=made.outcome_log,
        signals=made.signals,
        **usual | changes,
    )


def accepted(made: Slice, *ages: float) -> None:
    """Has one chunk after the other accepted, so many seconds ago."""
    for number, age in enumerate(ages, 1):
        part = made.deliveries.take()
        assert part is not None
        made.deliveries.fold_delivery(made.deliveries.accepted_line(part, f"batch-{number}", START - age))


async def asked_at(made: Slice, confirming: Confirmer) -> list[float]:
    """Asks whenever it is due, until nothing is; the ages at which it asked."""
    ages = []
    while (due := confirming.next_due()) is not None:
        made.now = max(made.now, due)
        ages.append(made.now - START)
        await confirming.ask()
    return ages


async def test_a_batch_is_asked_about_at_doubling_ages_and_given_up_after_an_hour() -> None:
    made = Slice([1])
    made.account.answers = [UNDECIDED] * 99
    accepted(made, 0)

    ages = await asked_at(made, confirmer(made))

    assert ages == [30, 60, 120, 240, 480, 960, 1920, 3600]
    assert made.deliveries.fates(0) == [("unconfirmed", "unconfirmed")]


async def test_a_batch_whose_outcome_cannot_be_told_is_given_up_the_same_way() -> None:
    made = Slice([1])
    made.account.answers = [RequestRefused("unknown batch")] * 99
    accepted(made, 0)

    ages = await asked_at(made, confirmer(made))

    assert (ages[0], ages[-1]) == (30, 3600)
    assert made.deliveries.fates(0) == [("unconfirmed", "unconfirmed")]


async def test_the_batch_that_is_due_longest_is_asked_about_first() -> None:
    made = Slice([1, 1, 1])
    accepted(made, 5, 50, 20)
    confirming = confirmer(made)

    due = confirming.next_due()
    ages = await asked_at(made, confirming)

    assert due == START - 50 + 30
    assert made.account.asked == ["batch-2", "batch-3", "batch-1"]
    assert ages == [0, 10, 25]


async def test_batches_accepted_meanwhile_are_found_and_decided_ones_left_alone() -> None:
    made = Slice([1, 1])
    accepted(made, 40)
    confirming = confirmer(made)
    await asked_at(made, confirming)

    assert confirming.next_due() is None
    part = made.deliveries.take()
    assert part is not None
    made.deliveries.fold_delivery(made.deliveries.accepted_line(part, "batch-9", START))

    assert confirming.next_due() == START + 30
    made.deliveries.fold_outcome({"batch": "batch-1", "state": "completed"})
    assert confirmer(made).next_due() == START + 30


@pytest.mark.parametrize("state", ["failed", "interrupted"])
async def test_a_batch_that_failed_is_queued_again(state: OutcomeState) -> None:
    made = Slice([2])
    made.account.answers = [Outcome(state=state)]
    accepted(made, 40)

    await asked_at(made, confirmer(made))

    part = made.deliveries.take()
    assert part is not None
    assert (part.contacts, part.attempt, part.replaces) == ((0, 1), 2, "batch-1")


async def test_failures_are_found_by_their_normalised_addresses() -> None:
    made = Slice([3])
    failures = (address(0, 2).upper(), f" {address(0, 0)} ", "somebody@else.com")
    made.account.answers = [Outcome(state="completed", failures=failures)]
    accepted(made, 40)
    confirming = confirmer(made)

    await asked_at(made, confirming)
    await confirming.flush()

    assert made.deliveries.fates(0) == [
        ("failed", "import_failed"),
        ("imported", ""),
        ("failed", "import_failed"),
    ]
    assert made.outcomes.lines == [{"batch": "batch-1", "state": "completed", "failed": [0, 2]}]


@pytest.mark.parametrize(
    ("error", "pause"), [(RateLimited("slow", retry_after=5.0), 5.0), (Unavailable("down"), 1.0)]
)
async def test_a_limit_waits_and_the_batch_is_asked_about_again(
    error: RateLimited | Unavailable, pause: float
) -> None:
    made = Slice([1])
    made.account.answers = [error, Outcome(state="completed")]
    accepted(made, 40)

    await asked_at(made, confirmer(made))

    assert made.pauses == [pause]
    assert made.account.asked == ["batch-1", "batch-1"]
    assert made.deliveries.tally()["imported"] == 1


async def test_a_long_wait_ends_the_slice() -> None:
    made = Slice([1])
    made.account.answers = [RateLimited("slow", retry_after=600.0)]
    accepted(made, 40)
    confirming = confirmer(made)
    confirming.next_due()

    await confirming.ask()

    assert made.signals.stop == Stop(why="waiting", wake_at=START + 600)


async def test_an_answer_ends_a_row_of_failures() -> None:
    made = Slice([1, 1])
    made.account.answers = [Unavailable("down"), UNDECIDED, Unavailable("down")]
    accepted(made, 40, 40)

    await asked_at(made, confirmer(made))

    assert made.pauses == [1.0, 1.0]


async def test_outcomes_are_written_twenty_five_at_a_time_and_the_rest_when_asked_to() -> None:
    made = Slice([1] * 30)
    accepted(made, *[40.0] * 30)
    confirming = confirmer(made)

    await asked_at(made, confirming)
    before = len(made.outcomes.lines)
    await confirming.flush()
    await confirming.flush()

    assert (before, len(made.outcomes.lines)) == (25, 30)
    assert made.outcomes.appends == [25, 5]
    assert made.deliveries.tally()["imported"] == 30


async def test_what_was_not_written_is_asked_for_again_by_the_next_slice() -> None:
    made = Slice([1])
    accepted(made, 40)
    await asked_at(made, confirmer(made))
    next_slice = Slice([1])
    accepted(next_slice, 40)

    assert made.outcomes.lines == []
    assert await asked_at(next_slice, confirmer(next_slice)) == [0]


async def test_a_refused_key_is_raised() -> None:
    made = Slice([1])
    made.account.answers = [AccessDenied("no"), AccessDenied("no"), AccessDenied("no")]
    accepted(made, 40)
    confirming = confirmer(made)
    confirming.account.sleep = lambda seconds: _nothing()
    confirming.next_due()

    with pytest.raises(AccessDenied):
        await confirming.ask()


async def _nothing() -> None:
    return None
