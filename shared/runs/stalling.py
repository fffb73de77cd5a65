"""Whether a run has stalled: its job is lost, and nobody will ever take it forward."""

from datetime import datetime, timedelta

from shared.runs.run import HELD_FOR, Run


def is_stalled(run: Run, *, now: datetime, reached: datetime, patience: timedelta) -> bool:
    """Whether it gave no sign of life for longer than `patience`, although its job had its turn.

    `reached` is up to when jobs that were queued have been taken: `now` where none waits. A run whose job
    still waits behind others is not stalled, however long that takes.
    """
    if run.state == "held" and not _is_too_old(run, now):
        return False
    return min(reached, now) - _last_sign(run) > patience


def _is_too_old(run: Run, now: datetime) -> bool:
    """Whether nobody will approve it any more, so that it has to end."""
    return run.planned_at is not None and now - run.planned_at > HELD_FOR


def _last_sign(run: Run) -> datetime:
    """When somebody last worked on it, it was to go on, or its job was queued again."""
    signs = (run.started_at, run.alive_at, run.wake_at, run.queued_again_at)
    return max([run.queued_at, *(sign for sign in signs if sign is not None)])
