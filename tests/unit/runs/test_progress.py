import pytest

from shared.activecampaign.schedule import Limits
from shared.plans.chunks import Staged
from shared.plans.plan import ChunkIndex, Plan
from shared.runs.deliveries import Deliveries
from shared.runs.progress import Rate, progress
from shared.runs.run import Counts
from tests.builders import NOW, content


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def rates(*samples: tuple[float, int]) -> list[float | None]:
    clock = Clock()
    rate = Rate(clock)
    found = []
    for moment, contacts in samples:
        clock.now = moment
        found.append(rate.sample(contacts))
    return found


def test_a_rate_needs_two_moments_to_compare() -> None:
    assert rates((0, 100)) == [None]
    assert rates((5, 100), (5, 350)) == [None, None]


def test_the_rate_is_per_minute() -> None:
    assert rates((0, 0), (2, 250), (10, 1_000)) == [None, 7_500, 6_000]


def test_only_the_last_minute_counts() -> None:
    assert rates((0, 0), (60, 60_000), (100, 60_000), (121, 60_000)) == [None, 60_000, 0, 0]


def test_a_long_silence_starts_anew() -> None:
    assert rates((0, 0), (300, 60_000), (330, 60_300)) == [None, None, 600]


def plan(*counts: int) -> Plan:
    chunks = [Staged(kind="plain", count=count, offset=0, body=1, sources=1) for count in counts]
    return Plan(
        id="p",
        run="r",
        made_at=NOW,
        account="acme",
        key_version="v1",
        full=False,
        export=content(),
        snapshots=[],
        counts=Counts(),
        minutes=1,
        chunks=ChunkIndex.of(chunks),
    )


def test_progress_counts_chunks_contacts_and_batches_and_estimates_the_rest() -> None:
    limits, counts = Limits(), [250, 250, 250, 10]
    deliveries = Deliveries(counts)
    for line in (
        {"chunk": 0, "batch": "a", "at": 1.0},
        {"chunk": 1, "batch": "b", "at": 2.0, "contacts": [0, 1]},
        {"chunk": 2, "refused": {"7": "refused"}},
        {"chunk": 2, "batch": "c", "at": 3.0, "contacts": [place for place in range(250) if place != 7]},
    ):
        deliveries.fold_delivery(line)
    deliveries.fold_outcome({"batch": "a", "state": "completed"})

    noted = progress(deliveries, plan(*counts), Rate(Clock()), limits)

    assert (noted.chunks, noted.chunks_accepted, noted.contacts_accepted) == (4, 2, 501)
    assert (noted.batches_undecided, noted.contacts_per_minute) == (2, None)
    assert noted.seconds_left == pytest.approx(2 * limits.bulk_interval)


def test_contacts_that_are_sent_again_count_once() -> None:
    deliveries = Deliveries([2])
    deliveries.fold_delivery({"chunk": 0, "batch": "a", "at": 1.0})
    deliveries.fold_delivery({"chunk": 0, "batch": "b", "at": 2.0, "attempt": 2, "replaces": "a"})

    noted = progress(deliveries, plan(2), Rate(Clock()), Limits())

    assert (noted.chunks_accepted, noted.contacts_accepted, noted.seconds_left) == (1, 2, None)
