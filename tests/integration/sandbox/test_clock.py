import asyncio
import time

import pytest

from tools.sandbox import ManualClock, ScaledClock
from tools.sandbox.clock import client_seconds, http_date, offset_time, plain_time


async def test_a_scaled_clock_runs_faster_than_the_client() -> None:
    clock = ScaledClock(1000)
    before, started = clock.now(), time.monotonic()

    await clock.sleep(20)

    assert clock.now() - before >= 20
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(("scale", "seconds"), [(1, 30), (10, 3), (7, 5), (1000, 1)])
def test_waits_are_told_in_the_clients_seconds_rounded_up(scale: float, seconds: int) -> None:
    assert client_seconds(ScaledClock(scale), 30) == seconds


def test_a_scale_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="time scale"):
        ScaledClock(0)


async def test_a_manual_clock_wakes_sleepers_in_their_order() -> None:
    clock, woken = ManualClock(), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    tasks = [asyncio.create_task(sleep(seconds)) for seconds in (3.0, 1.0, 0.0, 2.0)]
    await asyncio.sleep(0)
    clock.advance(2)
    await asyncio.gather(*tasks[1:])
    early = list(woken)
    clock.advance(1)
    await tasks[0]

    assert early == [0.0, 1.0, 2.0]
    assert woken == [0.0, 1.0, 2.0, 3.0]


async def test_a_sleeper_that_gave_up_is_passed_over() -> None:
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    clock.advance(1)

    assert task.cancelled()


def test_times_are_written_in_the_accounts_zone() -> None:
    clock = ManualClock(1_590_315_402)

    assert offset_time(clock.now()) == "2020-05-24T05:16:42-05:00"
    assert plain_time(clock.now()) == "2020-05-24 05:16:42"
    assert http_date(clock, 0.5) == "Sun, 24 May 2020 10:16:43 GMT"
