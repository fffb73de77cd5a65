import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from shared.activecampaign.model import Outcome
from shared.errors import Fenced, RateLimited, StateUnavailable
from shared.runs.confirming import Confirmer
from shared.runs.deliveries import Deliveries
from shared.runs.delivering import IN_FLIGHT, Delivery
from shared.runs.posting import Poster
from shared.runs.signals import Signals, Stop
from tests.builders import content
from tests.unit.activecampaign.fake_time import clock, run
from tests.unit.runs.fakes import Account, Log, Slice, folded


@dataclass(slots=True)
class Scene:
    """A slice in fake time, which begins at second 1,000."""

    made: Slice
    deadline: float
    stop_at: float
    """When somebody cancels the run."""
    lost_at: float
    """When another worker takes over."""
    beats: list[float] = field(default_factory=list)

    def deliver(self) -> Stop:
        return run(self.delivery())

    async def delivery(self) -> Stop:
        made = self.made
        made.signals = Signals(still_ours=self._still_ours, pause=made.pauses.append, now=clock)
        made.account.guard = made.signals.leaving
        poster = Poster(
            account=made.account.keyed(),
            deliveries=made.deliveries,
            chunks=made.chunks,
            index=made.index,
            export=content(),
            log=made.delivery_log,
            signals=made.signals,
        )
        confirmer = Confirmer(
            account=made.account.keyed(),
            deliveries=made.deliveries,
            chunks=made.chunks,
            log=made.outcome_log,
            signals=made.signals,
            first=30.0,
            give_up=3_600.0,
        )
        return await Delivery(
            poster=poster,
            confirmer=confirmer,
            deliveries=made.deliveries,
            signals=made.signals,
            beat=self._beat,
            deadline=self.deadline,
        ).run()

    async def _beat(self) -> bool:
        self.beats.append(clock())
        return clock() >= self.stop_at

    def _still_ours(self) -> None:
        if clock() >= self.lost_at:
            raise Fenced("another worker has it")


def scene(
    counts: Sequence[int],
    *,
    latency: float = 1.0,
    deadline: float = 2_000.0,
    stop_at: float = float("inf"),
    lost_at: float = float("inf"),
) -> Scene:
    made = Slice(counts, account=Account(latency=latency))
    return Scene(made, deadline=deadline, stop_at=stop_at, lost_at=lost_at)


def at_the_end(at_work: Scene) -> Deliveries:
    """What the next slice finds in the logs."""
    made = at_work.made
    return folded(made.counts, made.log.lines, made.outcomes.lines)


def test_a_slice_delivers_and_confirms_everything_three_posts_at_a_time() -> None:
    at_work = scene([3] * 20)

    stop = at_work.deliver()

    assert stop == Stop(why="done")
    assert at_the_end(at_work).tally()["imported"] == 60
    assert at_work.made.account.most_under_way == IN_FLIGHT
    assert sorted(at_work.made.account.asked) == sorted(f"batch-{number}" for number in range(1, 21))


def test_the_deadline_ends_a_slice_and_what_is_on_its_way_still_counts() -> None:
    at_work = scene([1] * 30, latency=7.0, deadline=1_010.0)

    stop = at_work.deliver()

    assert stop.why == "deadline"
    assert len(at_work.made.account.posts) == 2 * IN_FLIGHT
    assert at_the_end(at_work).tally() == {
        "imported": 0,
        "failed": 0,
        "refused": 0,
        "unconfirmed": 2 * IN_FLIGHT,
        "unsent": 30 - 2 * IN_FLIGHT,
    }


def test_a_run_that_is_canceled_posts_nothing_more() -> None:
    at_work = scene([1] * 30, latency=7.0, stop_at=1_005.0)

    stop = at_work.deliver()

    assert stop.why == "asked"
    assert len(at_work.made.account.posts) == len(at_work.made.log.lines) == IN_FLIGHT


def test_a_beat_comes_often_even_while_every_request_hangs() -> None:
    at_work = scene([1], latency=20.0)

    at_work.deliver()

    during = [moment for moment in at_work.beats if moment < 1_020]
    assert max(later - sooner for sooner, later in pairwise(during)) <= 0.5


def test_outcomes_that_are_not_due_for_long_are_left_to_a_later_slice() -> None:
    at_work = scene([1])
    at_work.made.account.answers = [None, *[Outcome(state="undecided")] * 2]

    stop = at_work.deliver()

    assert (stop.why, len(at_work.made.account.asked)) == ("waiting", 2)
    assert stop.wake_at == pytest.approx(1_000 + 121, abs=2)


def test_a_batch_that_fails_is_sent_again_in_the_same_slice() -> None:
    at_work = scene([2])
    at_work.made.account.answers = [None, Outcome(state="failed"), None, Outcome(state="interrupted")]

    stop = at_work.deliver()

    assert stop == Stop(why="done")
    assert len(at_work.made.account.posts) == 3
    assert at_the_end(at_work).tally()["imported"] == 2


def test_a_long_wait_ends_the_slice_until_it_is_over_and_loses_nothing() -> None:
    at_work = scene([1] * 9)
    at_work.made.account.answers = [None, RateLimited("slow", retry_after=600.0)]

    stop = at_work.deliver()

    assert stop.why == "waiting"
    assert stop.wake_at == pytest.approx(1_601, abs=2)
    left = at_the_end(at_work)
    left.queue_remaining()
    sent = {line["chunk"] for line in at_work.made.log.lines}
    assert {part.chunk for part in iter(left.take, None)} == set(range(9)) - sent


def test_a_log_that_cannot_be_written_ends_the_slice_and_what_was_accepted_is_written_if_it_can_be() -> None:
    at_work = scene([1] * 9)
    at_work.made.log = Log(refusals=[StateUnavailable("silent")])

    with pytest.raises(StateUnavailable):
        at_work.deliver()

    posted = len(at_work.made.account.posts)
    assert IN_FLIGHT <= posted <= 2 * IN_FLIGHT
    assert sorted(line["chunk"] for line in at_work.made.log.lines) == list(range(posted))


def test_a_worker_that_was_overtaken_posts_nothing_more() -> None:
    at_work = scene([1] * 30, lost_at=1_000.5)

    with pytest.raises(Fenced):
        at_work.deliver()

    assert len(at_work.made.account.posts) == IN_FLIGHT
    assert len(at_work.made.log.lines) == IN_FLIGHT


def test_no_task_outlives_its_slice() -> None:
    at_work = scene([1] * 30, stop_at=1_003.0)

    async def main() -> int:
        await at_work.delivery()
        return len(asyncio.all_tasks())

    assert run(main()) == 1
