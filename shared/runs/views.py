"""What is shown of runs."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from shared.plans.plan import Plan
from shared.runs.run import Counts, Finding, Problem, Progress, Run, State, Trigger


class RunView(BaseModel):
    """A run as it is shown; the worker's own notes stay inside."""

    id: str
    export: str
    export_name: str
    connection: str
    trigger: Trigger = Field(description="What started it")
    requested_by: str
    dry_run: bool
    full: bool = Field(description="Whether everybody is sent, changed or not")
    state: State
    reason: str | None = Field(description="Why it is held, was skipped or was canceled")
    queued_at: datetime
    started_at: datetime | None
    planned_at: datetime | None
    first_accepted_at: datetime | None = Field(description="When ActiveCampaign accepted the first request")
    handed_over_at: datetime | None = Field(description="When ActiveCampaign had accepted the last request")
    ended_at: datetime | None
    wake_at: datetime | None = Field(description="When it goes on, while it waits")
    plan: str | None = Field(description="Which plan it has; an approval names it")
    approved_by: str | None
    snapshots: dict[str, str] = Field(description="Segment to the snapshot that was read")
    counts: Counts
    unconverted: dict[str, int] = Field(
        description="Values left out because they do not fit their custom field's type, by field"
    )
    automations: int = Field(description="Contacts sent in requests that may start automations")
    minutes: float | None = Field(description="What delivering will take at the account's limits")
    progress: Progress
    findings: list[Finding] = Field(description="What the guards noticed in the plan")
    problem: Problem | None = Field(description="Why it failed, and what to do")


class PlanNumbers(BaseModel):
    """What a plan will do, also that of a dry run."""

    id: str
    made_at: datetime
    new: int = Field(description="Contacts that this export never sent, as far as its ledger knows")
    changed: int = Field(description="Contacts that were sent before with another content")
    left: int = Field(description="Addresses in the ledger that are in none of the segments any more")
    chunks: int = Field(description="Requests that it takes")
    held: bool = Field(description="Whether somebody must approve it")

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """The numbers of a plan that the run itself does not have."""
        return cls(
            id=plan.id,
            made_at=plan.made_at,
            new=plan.new,
            changed=plan.changed,
            left=plan.left,
            chunks=len(plan.chunks),
            held=plan.held,
        )


class RunDetails(RunView):
    """One run, with the numbers of its plan once it has one."""

    planned: PlanNumbers | None = None


class RunList(BaseModel):
    """A page of runs, the newest first."""

    runs: list[RunView]
    continuation: str | None = Field(
        default=None, description="Where the next page begins; absent when there is none"
    )


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


def details(run: Run, plan: Plan | None) -> RunDetails:
    """The run as it is shown by itself."""
    return RunDetails.model_validate({**run.model_dump(), "planned": PlanNumbers.of(plan) if plan else None})
