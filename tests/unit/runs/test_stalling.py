from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runs.run import HELD_FOR, Run
from shared.runs.stalling import is_stalled
from tests.builders import NOW, run

PATIENCE = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)

minutes = st.integers(min_value=0, max_value=600).map(lambda number: number * MINUTE)


def stalled(run: Run, after: timedelta, *, reached: datetime | None = None) -> bool:
    now = NOW + after
    return is_stalled(run, now=now, reached=reached or now, patience=PATIENCE)


def test_a_run_that_nobody_took_up_has_stalled_when_patience_is_over() -> None:
    assert not stalled(run(), 15 * MINUTE)
    assert stalled(run(), 16 * MINUTE)


@pytest.mark.parametrize("sign", ["started_at", "alive_at", "wake_at", "queued_again_at"])
def test_patience_begins_anew_with_each_sign(sign: str) -> None:
    found = run(state="delivering", **{sign: NOW + 60 * MINUTE})

    assert not stalled(found, 75 * MINUTE)
    assert stalled(found, 76 * MINUTE)


def test_a_run_that_waits_for_long_has_not_stalled_meanwhile() -> None:
    waiting = run(state="delivering", alive_at=NOW, wake_at=NOW + 120 * MINUTE)

    assert not stalled(waiting, 119 * MINUTE)
    assert stalled(waiting, 136 * MINUTE)


def test_a_run_whose_job_waits_behind_others_has_not_stalled_however_long_that_takes() -> None:
    assert not stalled(run(), 600 * MINUTE, reached=NOW + 15 * MINUTE)
    assert stalled(run(), 600 * MINUTE, reached=NOW + 16 * MINUTE)


def test_a_held_run_has_stalled_once_its_plan_is_too_old_and_then_once_each_time() -> None:
    held = run(state="held", planned_at=NOW)
    ended = run(state="held", planned_at=NOW, queued_again_at=NOW + HELD_FOR + MINUTE)

    assert not stalled(held, HELD_FOR)
    assert stalled(held, HELD_FOR + MINUTE)
    assert not stalled(ended, HELD_FOR + 16 * MINUTE)
    assert stalled(ended, HELD_FOR + 17 * MINUTE)


@given(ticks=st.lists(minutes, max_size=60).map(sorted), backlog=minutes)
def test_however_often_the_timer_looks_jobs_are_a_patience_apart(
    ticks: list[timedelta], backlog: timedelta
) -> None:
    found, queued = run(), [NOW]

    for tick in ticks:
        now = NOW + tick
        if is_stalled(found, now=now, reached=now - backlog, patience=PATIENCE):
            found = found.changed(queued_again_at=now)
            queued.append(now)

    assert all(later - earlier > PATIENCE for earlier, later in pairwise(queued))
