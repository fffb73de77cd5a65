"""What is shown of runs."""

from datetime import datetime

from pydantic import BaseModel

from shared.runs.run import Counts, Finding, Problem, Progress, Run, State, Trigger


class RunView(BaseModel):
    """A run as it is shown; the worker's own notes stay inside."""

    id: str
    export: str
    export_name: str
    connection: str
    trigger: Trigger
    requested_by: str
    dry_run: bool
    full: bool
    state: State
    reason: str | None
    queued_at: datetime
    started_at: datetime | None
    planned_at: datetime | None
    first_accepted_at: datetime | None
    handed_over_at: datetime | None
    ended_at: datetime | None
    wake_at: datetime | None
    plan: str | None
    approved_by: str | None
    snapshots: dict[str, str]
    counts: Counts
    unconverted: dict[str, int]
    automations: int
    minutes: float | None
    progress: Progress
    findings: list[Finding]
    problem: Problem | None


class RunList(BaseModel):
    """A page of runs, the newest first."""

    runs: list[RunView]
    continuation: str | None = None


class LeftOut(BaseModel):
    """An export that "run all" did not start, and why."""

    export: str
    reason: str


class StartedAll(BaseModel):
    """What "run all" did."""

    started: list[RunView]
    left_out: list[LeftOut]


def view(run: Run) -> RunView:
    """The run as it is shown."""
    return RunView.model_validate(run.model_dump())
