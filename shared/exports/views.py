"""What is shown of exports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from shared.access.caller import Caller
from shared.connections.connection import Connection
from shared.exports.export import Export
from shared.exports.lines import TYPE, Line
from shared.exports.remarks import Remark
from shared.exports.rights import Right, rights
from shared.exports.schedule import Schedule, followed
from shared.runs.run import Run, State
from shared.schedules.general import GeneralSchedule
from shared.schedules.notes import NotStarted
from shared.schedules.times import next_times

_SHOWN_TIMES = 3


class ExportView(Export):
    """An export as it is stored, and what the caller may do with it."""

    permissions: list[Right] = Field(description="What you may do with it")
    warnings: list[Remark] | None = Field(
        default=None, description="After saving only: what is doubtful, or could not be looked up"
    )


class LastRun(BaseModel):
    """The newest run of an export."""

    id: str
    state: State
    queued_at: datetime
    ended_at: datetime | None


class ExportSummary(BaseModel):
    """One line of the list."""

    id: str
    name: str
    active: bool
    connection: str | None = Field(description="Absent while the export is detached")
    connection_name: str | None
    type: Literal["activecampaign"] = TYPE
    schedule: Schedule = Field(description="Its own, else the general one")
    next_times: list[datetime] = Field(
        description="The next three, UTC; none without fixed times, or while it is detached or not active"
    )
    stale: list[str] = Field(description="Segments whose newest snapshot is older than `stale_after_hours`")
    not_started: NotStarted | None = Field(
        description="The run that was due last and did not start; absent once one has"
    )
    last_run: LastRun | None = Field(description="Absent before the first")
    refreshed_at: datetime | None = Field(description="When data was last delivered; absent if never")
    updated_at: datetime
    updated_by: str
    permissions: list[Right] = Field(description="What you may do with it")


class ExportList(BaseModel):
    """A page of exports."""

    exports: list[ExportSummary]
    continuation: str | None = Field(default=None, description="For the next page, if there is one")


def view(
    export: Export, connection: Connection | None, caller: Caller, warnings: Sequence[Remark] | None = None
) -> ExportView:
    """One export as it is shown to this caller."""
    return ExportView(
        **dict(export),
        permissions=permissions(connection, caller),
        warnings=list(warnings) if warnings is not None else None,
    )


def summary(line: Line, general: GeneralSchedule, caller: Caller, now: datetime) -> ExportSummary:
    """A line whose activity is known, as it is shown to this caller."""
    export, activity = line.export, line.activity
    schedule = followed(export.schedule, general.schedule)
    runs_by_itself = export.active and export.connection is not None
    return ExportSummary(
        id=export.id,
        name=export.name,
        active=export.active,
        connection=export.connection,
        connection_name=line.connection_name,
        schedule=schedule,
        next_times=next_times(schedule, now, _SHOWN_TIMES) if runs_by_itself else [],
        stale=sorted(activity.state.timer.stale) if activity else [],
        not_started=activity.state.timer.not_started if activity else None,
        last_run=_last_run(line.last_run),
        refreshed_at=activity.refreshed_at if activity else None,
        updated_at=export.updated_at,
        updated_by=export.updated_by,
        permissions=permissions(line.connection, caller),
    )


def permissions(connection: Connection | None, caller: Caller) -> list[Right]:
    """What the caller may do with an export that has this connection, or none."""
    return rights(caller, shared=connection is None or connection.allow_contributors)


def _last_run(run: Run | None) -> LastRun | None:
    return LastRun.model_validate(run, from_attributes=True) if run else None
