from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.runs.run import Run, State
from shared.schedules.verdict import Situation, verdict

DUE = datetime(2026, 1, 15, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(state: State = "successful", *, before: timedelta = HOUR, **changes: Any) -> Run:
    """A run that was queued two hours before its end, which was so long before the due time."""
    made = Run(
        id="r1",
        export="vip",
        export_name="VIP",
        connection="main",
        trigger="refresh",
        requested_by="the timer",
        state=state,
        queued_at=DUE - before - 2 * HOUR,
        ended_at=DUE - before,
    )
    return made.changed(**changes)


def decided(**changes: Any) -> tuple[str, str]:
    usual: dict[str, Any] = {
        "due_at": DUE,
        "news": False,
        "held": None,
        "last": run(),
        "changed_at": DUE - timedelta(days=9),
        "full_is_due": False,
    }
    found = verdict(Situation(**usual | changes))
    return found.action, found.reason


def test_a_new_snapshot_starts_a_run() -> None:
    assert decided(news=True) == ("start", "")


def test_a_new_snapshot_overtakes_a_held_run() -> None:
    assert decided(news=True, held=run("held", ended_at=None)) == ("start", "")


def test_the_first_run_starts_whatever_there_is() -> None:
    assert decided(last=None) == ("start", "")


@pytest.mark.parametrize("state", ["successful", "completed_with_warnings"])
def test_without_a_new_snapshot_since_a_run_that_delivered_it_is_skipped(state: State) -> None:
    assert decided(last=run(state)) == ("skip", "no new snapshot since run r1")


@pytest.mark.parametrize("state", ["failed", "canceled"])
def test_a_run_that_did_not_deliver_is_made_good(state: State) -> None:
    assert decided(last=run(state)) == ("start", "")


@pytest.mark.parametrize("state", ["successful", "failed", "canceled"])
def test_a_run_that_was_under_way_at_that_time_stands_for_it(state: State) -> None:
    assert decided(last=run(state, before=-HOUR)) == ("fold", "run r1 was under way")


def test_a_held_run_waits_on() -> None:
    held = run("held", ended_at=None)

    assert decided(held=held, last=held) == ("fold", "run r1 waits for approval")


def test_a_change_of_the_export_is_news() -> None:
    assert decided(changed_at=DUE - HOUR) == ("start", "")


def test_a_full_run_that_is_due_starts() -> None:
    assert decided(full_is_due=True) == ("start", "")


def test_a_skip_after_a_skip_says_since_when() -> None:
    skipped = run("skipped", reason="no new snapshot since run r0", snapshots={"Vip": "s1"})

    assert decided(last=skipped) == ("skip", "no new snapshot since run r0")


def test_a_skip_for_want_of_a_connection_delivered_nothing() -> None:
    assert decided(last=run("skipped", reason="the connection 'main' is paused")) == ("start", "")


def test_a_skip_never_stands_for_a_run() -> None:
    skipped = run("skipped", before=-HOUR, reason="no new snapshot since run r0", snapshots={"Vip": "s1"})

    assert decided(last=skipped)[0] == "skip"
