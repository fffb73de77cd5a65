import asyncio
import contextlib
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.activecampaign.pacing import Pacer
from shared.activecampaign.schedule import SLACK_SHARE, Limits, PacingState
from tests.unit.activecampaign.fake_time import clock, run

type Log = list[tuple[float, str]]

LATENESS = st.sampled_from([0.0, 0.002, 0.008, 0.04, 0.2])
SEEDS = st.integers(0, 1_000_000)
DEFAULT = Limits()


def pacer(limits: Limits = DEFAULT, *, state: PacingState | None = None, fresh: bool = True) -> Pacer:
    return Pacer(limits, state=state, wall_now=wall(), fresh=fresh, clock=clock)


def wall() -> float:
    return clock() + 1_700_000_000


def most_within(seconds: float, moments: list[float]) -> int:
    return max((bisect_left(moments, m + seconds) - at for at, m in enumerate(moments)), default=0)


def moments_of(log: Log, *kinds: str) -> list[float]:
    return [moment for moment, kind in log if kind in kinds]


async def keep_on(
    log: Log, kind: str, ask: Callable[[], Awaitable[float]], pause: Callable[[], float]
) -> None:
    while True:
        await ask()
        log.append((clock(), kind))
        await asyncio.sleep(pause())


async def traffic(paced: Pacer, log: Log, random: Random, *, singles: int = 0, for_seconds: float) -> None:
    """Three posts in flight that take 0.15 to 0.8 s, as recorded, and five that ask all the time."""

    def latency() -> float:
        return random.uniform(0.15, 0.8)

    async with asyncio.TaskGroup() as group:
        workers = [
            *(group.create_task(keep_on(log, "bulk", lambda: paced.bulk(250), latency)) for _ in range(3)),
            *(
                group.create_task(keep_on(log, "single", lambda: paced.bulk(1), latency))
                for _ in range(singles)
            ),
            *(group.create_task(keep_on(log, "other", paced.request, latency)) for _ in range(5)),
        ]
        await asyncio.sleep(for_seconds)
        for worker in workers:
            worker.cancel()


def late_by(random: Random, most: float) -> Callable[[], float]:
    return lambda: random.uniform(0, most)


def saturated(seed: int, lateness: float, limits: Limits = DEFAULT, *, singles: int = 0) -> Log:
    log: Log = []
    random = Random(seed)

    async def main() -> None:
        await traffic(pacer(limits), log, random, singles=singles, for_seconds=200)

    run(main(), late_by(random, lateness))
    return log


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, lateness=LATENESS, singles=st.integers(0, 2))
def test_no_window_ever_holds_more_than_a_limit(seed: int, lateness: float, singles: int) -> None:
    log = saturated(seed, lateness, singles=singles)

    assert most_within(60, moments_of(log, "bulk", "single")) <= 100
    assert most_within(60, moments_of(log, "single")) <= 20
    assert most_within(1, moments_of(log, "bulk", "single", "other")) <= 5
    assert len(log) / 200 < 4


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, lateness=st.sampled_from([0.0, 0.002, 0.008]))
def test_98_of_100_imports_a_minute_are_used_and_others_go_between_them(seed: int, lateness: float) -> None:
    log = saturated(seed, lateness)

    bulk = moments_of(log, "bulk")
    others = moments_of(log, "other")
    assert len(bulk) >= 98 * 200 / 60
    assert all(bisect_left(others, later) > bisect_left(others, earlier) for earlier, later in pairwise(bulk))


@settings(max_examples=8, deadline=None)
@given(
    seed=SEEDS,
    requests_per_second=st.floats(0.5, 5),
    bulk_per_minute=st.floats(5, 100),
    lateness=st.sampled_from([0.0, 0.008]),
)
def test_lower_limits_are_kept_and_starve_nobody(
    seed: int, requests_per_second: float, bulk_per_minute: float, lateness: float
) -> None:
    limits = Limits(bulk_per_minute=bulk_per_minute, requests_per_second=requests_per_second)

    log = saturated(seed, lateness, limits)

    bulk, others = moments_of(log, "bulk"), moments_of(log, "other")
    expected = 200 / limits.bulk_interval
    assert most_within(60, bulk) <= bulk_per_minute + 1
    assert most_within(10, moments_of(log, "bulk", "other")) <= max(10 * requests_per_second, 1)
    assert expected * 0.98 - 1 <= len(bulk) <= expected + 1
    assert len(others) >= len(bulk) - 1


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, lateness=st.sampled_from([0.0, 0.008]))
def test_imports_of_one_contact_get_their_share_between_the_others(seed: int, lateness: float) -> None:
    log = saturated(seed, lateness, singles=2)

    single, bulk = moments_of(log, "single"), moments_of(log, "bulk")
    # Every sixth import: the first that is due after the 3.2 s of their own pace.
    assert len(single) >= 16 * 200 / 60
    assert len(single) + len(bulk) >= 98 * 200 / 60


def test_alone_other_requests_go_at_their_own_pace() -> None:
    log: Log = []

    async def main() -> None:
        paced = pacer()
        for _ in range(50):
            await paced.request()
            log.append((clock(), "other"))

    run(main())

    gaps = [b - a for (a, _), (b, _) in pairwise(log)]
    assert min(gaps[1:]) == pytest.approx(DEFAULT.request_interval)
    assert max(gaps) == pytest.approx(DEFAULT.request_interval)


def test_lateness_is_lost_and_makes_no_burst() -> None:
    async def main() -> list[float]:
        paced = pacer()
        await paced.bulk(250)
        await asyncio.sleep(30)
        moments: list[float] = []
        for _ in range(4):
            await paced.bulk(250)
            moments.append(clock())
        return moments

    moments = run(main())

    assert [b - a for a, b in pairwise(moments)] == pytest.approx(
        [DEFAULT.bulk_interval * (1 - SLACK_SHARE), DEFAULT.bulk_interval, DEFAULT.bulk_interval]
    )


def test_the_seconds_waited_are_given() -> None:
    async def main() -> tuple[float, float]:
        paced = pacer()
        return await paced.bulk(250), await paced.bulk(250)

    first, second = run(main())

    assert first == 0
    assert second == pytest.approx(DEFAULT.bulk_interval)


def test_waiters_of_a_kind_go_in_the_order_they_came() -> None:
    order: list[int] = []

    async def main() -> None:
        paced = pacer()

        async def one(number: int) -> None:
            await paced.bulk(250)
            order.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(one(number))

    run(main())

    assert order == list(range(20))


@settings(max_examples=30, deadline=None)
@given(cancelled=st.sets(st.integers(0, 9)), after=st.floats(0, 4), kind=st.sampled_from(["bulk", "other"]))
def test_a_cancelled_waiter_takes_no_slot_and_wedges_nobody(
    cancelled: set[int], after: float, kind: str
) -> None:
    went: Log = []

    async def main() -> int:
        paced = pacer()

        async def one() -> None:
            await (paced.bulk(250) if kind == "bulk" else paced.request())
            went.append((clock(), kind))

        tasks = [asyncio.create_task(one()) for _ in range(10)]
        await asyncio.sleep(after)
        lost = sum(tasks[number].cancel() for number in cancelled)
        await asyncio.gather(*tasks, return_exceptions=True)
        return lost

    lost = run(main())

    interval = DEFAULT.bulk_interval if kind == "bulk" else DEFAULT.request_interval
    assert len(went) == 10 - lost
    assert went == [] or went[-1][0] - 1000 <= max((len(went) - 1) * interval, after) + interval + 1e-6


@pytest.mark.parametrize("count", [1, 2, 250])
def test_a_cancelled_import_leaves_its_reserve_to_others(count: int) -> None:
    async def main() -> float:
        paced = pacer()
        await paced.bulk(250)
        waiting = asyncio.create_task(paced.bulk(count))
        await asyncio.sleep(0.3)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        return max([await paced.request() for _ in range(10)])

    assert run(main()) < 3 * DEFAULT.request_interval


@settings(max_examples=10, deadline=None)
@given(pauses=st.lists(st.tuples(st.floats(0, 30), st.floats(0, 20)), min_size=1, max_size=4), seed=SEEDS)
def test_a_pause_stops_everything_and_no_burst_follows(pauses: list[tuple[float, float]], seed: int) -> None:
    log: Log = []
    stopped: list[tuple[float, float]] = []

    async def main() -> None:
        paced = pacer()

        async def interrupt() -> None:
            for after, seconds in pauses:
                await asyncio.sleep(after)
                paced.pause(seconds)
                stopped.append((clock(), clock() + seconds))

        async with asyncio.TaskGroup() as group:
            group.create_task(interrupt())
            group.create_task(traffic(paced, log, Random(seed), singles=1, for_seconds=100))

    run(main())

    assert not any(start < moment < end for moment, _ in log for start, end in stopped)
    assert most_within(1, moments_of(log, "bulk", "single", "other")) <= 5
    assert most_within(60, moments_of(log, "bulk", "single")) <= 100


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    async def main() -> float:
        paced = pacer()
        paced.pause(60)
        paced.pause(1)
        return await paced.request()

    assert run(main()) == pytest.approx(60)


@settings(max_examples=10, deadline=None)
@given(
    seed=SEEDS,
    turns=st.lists(st.tuples(st.floats(0, 40), st.booleans(), st.floats(0, 3)), min_size=2, max_size=6),
)
def test_the_limits_hold_across_pacers_whether_handed_over_or_after_a_crash(
    seed: int, turns: list[tuple[float, bool, float]]
) -> None:
    log: Log = []

    async def main() -> None:
        state: PacingState | None = None
        fresh = True
        for seconds, crashes, gap in turns:
            paced = pacer(state=state, fresh=fresh)
            at_start = paced.snapshot(wall())
            await traffic(paced, log, Random(seed), singles=1, for_seconds=seconds)
            # A crash leaves what was saved long before.
            state, fresh = (at_start, False) if crashes else (paced.snapshot(wall()), True)
            await asyncio.sleep(gap)

    run(main(), late_by(Random(seed), 0.008))

    assert most_within(60, moments_of(log, "bulk", "single")) <= 100
    assert most_within(60, moments_of(log, "single")) <= 20
    assert most_within(1, moments_of(log, "bulk", "single", "other")) <= 5


def test_a_handed_over_state_costs_no_slot_and_keeps_the_pause() -> None:
    async def main() -> tuple[float, float, float]:
        first = pacer()
        await first.bulk(250)
        second = pacer(state=first.snapshot(wall()))
        waited = await second.bulk(250)
        second.pause(45)
        third = pacer(state=second.snapshot(wall()), fresh=False)
        return waited, await third.bulk(250), await third.request()

    waited, paused, after = run(main())

    assert waited == pytest.approx(DEFAULT.bulk_interval, abs=1e-5)
    assert paused == pytest.approx(45, abs=1e-5)
    assert after == pytest.approx(DEFAULT.request_interval, abs=0.1)


@pytest.mark.parametrize("skew", [-3600.0, 3600.0])
def test_a_wrong_clock_delays_by_one_interval_at_most(skew: float) -> None:
    async def main() -> list[float]:
        first = pacer()
        await first.bulk(1)
        second = pacer(state=first.snapshot(wall() + skew))
        return [await second.bulk(250), await second.request()]

    assert max(run(main())) <= DEFAULT.bulk_interval + DEFAULT.request_interval + 1e-6


def test_the_first_pacer_of_an_account_that_may_have_lost_its_state_waits_too() -> None:
    async def main() -> float:
        return await pacer(fresh=False).bulk(250)

    assert run(main()) == pytest.approx(DEFAULT.bulk_interval)


@pytest.mark.parametrize(
    "limits",
    [
        {"bulk_per_minute": 0},
        {"single_per_minute": -1},
        {"requests_per_second": 0},
        {"bulk_per_minute": float("nan")},
    ],
)
def test_a_limit_must_be_above_zero(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Limits(**limits)
