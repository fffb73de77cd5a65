"""An export: which segments go into which list, column by column."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import Conflict
from shared.exports.schedule import Schedule
from shared.schedules.notes import TimerNotes

Text = Annotated[str, Field(min_length=1, max_length=200)]
Column = Annotated[str, Field(min_length=1, max_length=256)]
ListId = Annotated[int, Field(ge=1, le=2_147_483_647)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=250)]], Field(max_length=50)]

WhenEmpty = Literal["keep", "clear"]
Automations = Literal["never", "joiners", "always"]


class Strict(BaseModel):
    """A document that takes no field it does not know, and whose texts have no spaces around them."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SegmentChoice(Strict):
    """A segment of an export, with a list and tags of its own if wanted."""

    name: Annotated[Column, Field(description="As GET /api/segments shows it")]
    list_id: Annotated[ListId | None, Field(description="In place of the export's list")] = None
    tags: Annotated[Tags, Field(description="Beside the export's tags")] = []


class Mapping(Strict):
    """Which column feeds which attribute; `fields` maps a custom field (id, tag or title) to a column."""

    email: Column
    first_name: Column | None = None
    last_name: Column | None = None
    phone: Column | None = None
    fields: Annotated[dict[Text, Column], Field(max_length=200, examples=[{"%CITY%": "City"}])] = {}


class Preference(Strict):
    """Which row wins where one segment has several for an address: by this column's value."""

    column: Column
    take: Literal["greatest", "smallest"] = "greatest"


class Guards(Strict):
    """When a plan is held for approval, and when it only warns.

    A mapped column that is gone and an allowance that is too small hold whatever is set here; an empty
    segment and an unknown allowance warn.
    """

    growth_factor: Annotated[
        float,
        Field(
            gt=1, le=1000, allow_inf_nan=False, description="Holds above so many times the contacts before"
        ),
    ] = 2
    growth_contacts: Annotated[
        int, Field(ge=0, le=100_000_000, description="… if there are also more than so many more")
    ] = 10_000
    rejected_share: Annotated[
        float, Field(ge=0, le=1, allow_inf_nan=False, description="Holds above this share of the rows")
    ] = 0.1
    row_cap: Annotated[int, Field(ge=1, le=100_000_000, description="Holds above so many rows")] = 10_000_000
    shrink_factor: Annotated[
        float,
        Field(gt=0, lt=1, allow_inf_nan=False, description="Warns below this part of the contacts before"),
    ] = 0.5


class Choices(Strict):
    """What a person decides about an export, but for the lists."""

    name: Text
    connection: Annotated[
        Text | None, Field(description="Without one it is detached: nothing runs until one is attached")
    ] = None
    mapping: Mapping
    prefer: Preference | None = None
    tags: Annotated[Tags, Field(description="For everybody; an import never takes a tag away")] = []
    when_empty: Annotated[
        WhenEmpty, Field(description="An empty value leaves what ActiveCampaign has, or clears it")
    ] = "keep"
    automations: Annotated[
        Automations,
        Field(
            description="Whom an import may start automations for: nobody, who is new (but not in a first or "
            "full run), or everybody"
        ),
    ] = "never"
    honour_opt_outs_of: Annotated[
        list[ListId],
        Field(max_length=100, description="Lists; who unsubscribed from any of them is not sent"),
    ] = []
    schedule: Schedule | None = Field(
        default=None, description="Without one the export follows /api/schedule", examples=["on_refresh"]
    )
    stale_after_hours: Annotated[
        int, Field(ge=1, le=8784, description="Warns when the newest snapshot of a segment is older")
    ] = 36
    guards: Guards = Guards()
    full_every_days: Annotated[
        int | None,
        Field(ge=1, le=365, description="A full run when the last is so old; contacts deleted there return"),
    ] = None
    active: Annotated[bool, Field(description="false: it is started by hand only")] = True


class ExportContent(Choices):
    """What is decided about an export, its lists by their ids."""

    list_id: ListId
    segments: Annotated[
        list[SegmentChoice],
        Field(
            min_length=1, max_length=100, description="Where two have a person, the first one's values count"
        ),
    ]

    @property
    def lists(self) -> set[int]:
        """The lists it feeds."""
        return {segment.list_id or self.list_id for segment in self.segments}


class Export(ExportContent):
    """The stored document."""

    id: str
    created_at: datetime
    updated_at: datetime
    updated_by: str

    @property
    def content(self) -> ExportContent:
        """What a person decided, without what the program adds."""
        return ExportContent.model_validate(self.model_dump(include=set(ExportContent.model_fields)))

    def require_connection(self) -> str:
        """Its connection. Raises Conflict where it is detached."""
        if self.connection is None:
            raise Conflict(f"export {self.id!r} has no connection; attach one")
        return self.connection


class ExportState(BaseModel):
    """What the program notes about an export; kept apart, so that running never disturbs an editor."""

    snapshots: dict[str, str] = {}
    """Segment to the id of the snapshot that was last planned."""
    contacts: int | None = None
    """Contacts of the last plan that was delivered; guards compare with it."""
    last_run: str | None = None
    last_full_at: datetime | None = None
    timer: TimerNotes = TimerNotes()
