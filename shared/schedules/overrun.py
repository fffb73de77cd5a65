"""Whether a run takes too long: much longer than its plan said."""

from datetime import datetime, timedelta

from shared.runs.run import Run

_SPARE = timedelta(minutes=30)
"""For planning, waiting for the account's turn, and confirming, of which the plan says nothing."""


def takes_too_long(run: Run, now: datetime) -> bool:
    """Whether it has worked for more than twice the minutes of its plan and half an hour."""
    since = _since(run)
    return since is not None and now - since > 2 * timedelta(minutes=run.minutes or 0) + _SPARE


def _since(run: Run) -> datetime | None:
    """None while it does not work. While it waited to be approved, nobody expected anything of it."""
    if run.over or run.state == "held":
        return None
    return run.first_accepted_at if run.approved_by else run.started_at
