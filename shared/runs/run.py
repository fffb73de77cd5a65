"""A run: its record, from the start to the report."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

State = Literal[
    "queued",
    "planning",
    "held",
    "delivering",
    "confirming",
    "successful",
    "completed_with_warnings",
    "failed",
    "canceled",
    "skipped",
]
Trigger = Literal["refresh", "schedule", "on_demand", "retry"]

HELD_FOR = timedelta(days=3)
"""How long a plan waits to be approved; then it is too old to be sent."""

OVER: frozenset[State] = frozenset({"successful", "completed_with_warnings", "failed", "canceled", "skipped"})


class Counts(BaseModel):
    """What became of every row and every contact.

    read = rejected + duplicate + contacts; contacts = unchanged + withheld + suppressed + planned;
    planned = imported + failed + refused + unconfirmed + unsent (while a run lasts, `unsent` is what is not
    decided yet).
    """

    read: int = 0
    rejected: int = 0
    duplicate: int = 0
    contacts: int = 0
    unchanged: int = 0
    withheld: int = 0
    suppressed: int = 0
    planned: int = 0
    imported: int = 0
    failed: int = 0
    refused: int = 0
    unconfirmed: int = 0
    unsent: int = 0

    @property
    def add_up(self) -> bool:
        """Whether the three equations hold."""
        return (
            self.read == self.rejected + self.duplicate + self.contacts
            and self.contacts == self.unchanged + self.withheld + self.suppressed + self.planned
            and self.planned == self.imported + self.failed + self.refused + self.unconfirmed + self.unsent
        )


class Progress(BaseModel):
    """How far delivery is."""

    chunks: int = 0
    chunks_accepted: int = 0
    contacts_accepted: int = 0
    batches_undecided: int = 0
    contacts_per_minute: float | None = None
    seconds_left: float | None = None


class Finding(BaseModel):
    """What a guard noticed in the plan, with its numbers."""

    code: str
    message: str
    holds: bool


class Problem(BaseModel):
    """Why a run failed: a stable code, and what to do."""

    code: str
    message: str


class Ending(BaseModel):
    """The state a run is about to end in, noted before the commit so that a crash does not change it."""

    state: State
    problem: Problem | None = None
    reason: str | None = None
    confirms: bool = False
    """Whether the outcomes of what was accepted are still asked for."""


class Run(BaseModel):
    """The record in `runs/{id}/run.json`, written by the holder of its lease; where nobody holds it, the
    timer notes that it queued the run again.
    """

    id: str
    export: str
    export_name: str
    connection: str
    account: str | None = None
    trigger: Trigger
    requested_by: str
    dry_run: bool = False
    full: bool = False
    state: State = "queued"
    reason: str | None = None
    slice: int = 1
    queued_at: datetime
    started_at: datetime | None = None
    planned_at: datetime | None = None
    first_accepted_at: datetime | None = None
    handed_over_at: datetime | None = None
    """When ActiveCampaign had accepted the last request."""
    ended_at: datetime | None = None
    wake_at: datetime | None = None
    alive_at: datetime | None = None
    """When a worker last wrote here."""
    queued_again_at: datetime | None = None
    """When the timer last queued the job of its slice again, taking it for lost."""
    lists_last_seen_at: datetime | None = None
    """When its lists were there after everything was decided."""
    moved_at: datetime | None = None
    """When something was last achieved."""
    plan: str | None = None
    approved_by: str | None = None
    snapshots: dict[str, str] = {}
    counts: Counts = Counts()
    unconverted: dict[str, int] = {}
    """Values left out because they do not fit their custom field's type, by field."""
    automations: int = 0
    """Contacts sent in requests that may start automations."""
    minutes: float | None = None
    """What delivering will take at the account's limits."""
    progress: Progress = Progress()
    findings: list[Finding] = []
    problem: Problem | None = None
    ending: Ending | None = None
    marks: int = 0
    """Grows with every accepted request and every known outcome."""
    revived_at: int | None = None
    """The marks when a poisoned slice was last revived."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen; a dry run that is held is only a warning."""
        return self.state in OVER or (self.dry_run and self.state == "held")

    def changed(self, **changes: object) -> Self:
        """The record with these fields changed."""
        return self.model_copy(update=changes)


class Orders(BaseModel):
    """What people ask of a run; written over HTTP, read by the worker."""

    cancel_by: str | None = None
    approve_plan: str | None = None
    approve_by: str | None = None


class Job(BaseModel):
    """The queue message: ids only."""

    run: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")]
    slice: int
