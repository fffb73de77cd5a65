import asyncio
from itertools import pairwise
from typing import Any

import pytest

from shared.errors import Fenced, RateLimited, Unavailable
from shared.runs.signals import ENDS_SLICE, Signals, Stop, Stopped
from shared.runs.verdicts import LONGEST_WAIT

NOW = 1_000.0


def signals(pauses: list[float] | None = None, **changes: Any) -> Signals:
    usual: dict[str, Any] = {
        "still_ours": lambda: None,
        "pause": (pauses if pauses is not None else []).append,
        "now": lambda: NOW,
        "chance": lambda: 1.0,
    }
    return Signals(**usual | changes)


def test_failures_in_a_row_double_the_wait_up_to_five_minutes() -> None:
    pauses: list[float] = []
    made = signals(pauses)

    for _ in range(40):
        made.wait(Unavailable("down"))

    assert pauses[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert set(pauses[9:]) == {LONGEST_WAIT}
    assert all(one <= other for one, other in pairwise(pauses))


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_chance_takes_off_up_to_half_of_a_wait(chance: float, wait: float) -> None:
    pauses: list[float] = []

    signals(pauses, chance=lambda: chance).wait(Unavailable("down"))

    assert pauses == [wait]


@pytest.mark.parametrize(
    "error", [RateLimited("slow", retry_after=20.0), Unavailable("down", retry_after=20.0)]
)
def test_a_wait_that_is_asked_for_is_kept_exactly(error: RateLimited | Unavailable) -> None:
    pauses: list[float] = []
    made = signals(pauses, chance=lambda: 0.3)

    made.wait(error)

    assert pauses == [20.0]
    assert made.stop is None


def test_a_wait_of_nothing_is_a_wait_that_is_asked_for() -> None:
    pauses: list[float] = []

    signals(pauses).wait(Unavailable("down", retry_after=0.0))

    assert pauses == [0.0]


def test_an_answer_makes_the_next_failure_the_first() -> None:
    pauses: list[float] = []
    made = signals(pauses)

    made.wait(Unavailable("down"))
    made.wait(Unavailable("down"))
    made.answered()
    made.wait(Unavailable("down"))

    assert pauses == [1, 2, 1]


@pytest.mark.parametrize(("wait", "stops"), [(ENDS_SLICE, False), (ENDS_SLICE + 1, True), (86_400.0, True)])
def test_only_a_long_wait_ends_the_slice_until_it_is_over(wait: float, stops: bool) -> None:
    made = signals()

    made.wait(RateLimited("slow", retry_after=wait))

    assert made.stop == (Stop(why="waiting", wake_at=NOW + wait) if stops else None)


def test_the_first_reason_to_stop_counts() -> None:
    made = signals()

    made.end(Stop(why="asked"))
    made.end(Stop(why="deadline"))

    assert made.stop == Stop(why="asked")


async def test_no_request_leaves_once_the_slice_has_ended() -> None:
    made = signals()
    made.leaving()

    made.end(Stop(why="deadline"))

    with pytest.raises(Stopped):
        made.leaving()


def test_no_request_leaves_once_another_worker_has_taken_over() -> None:
    def fenced() -> None:
        raise Fenced("another worker has it")

    with pytest.raises(Fenced):
        signals(still_ours=fenced).leaving()


async def test_a_task_is_requesting_from_leaving_to_returning() -> None:
    made = signals()
    steps: asyncio.Queue[None] = asyncio.Queue()

    async def work() -> None:
        await steps.get()
        made.leaving()
        await steps.get()
        made.returned()
        await steps.get()

    task = asyncio.create_task(work())
    seen = []
    for _ in range(3):
        await asyncio.sleep(0)
        seen.append(made.is_requesting(task))
        steps.put_nowait(None)
        await asyncio.sleep(0)
    await task

    assert seen == [False, True, False]
