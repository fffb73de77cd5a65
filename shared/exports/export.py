"""An export: which segments go into which list, column by column."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=200)]
Column = Annotated[str, Field(min_length=1, max_length=256)]
ListId = Annotated[int, Field(ge=1)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=250)]], Field(max_length=50)]

WhenEmpty = Literal["keep", "clear"]
Automations = Literal["never", "joiners", "always"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SegmentChoice(_Strict):
    """A segment of an export, with a list and tags of its own if wanted."""

    name: Column
    list_id: ListId | None = None
    tags: Tags = []


class Mapping(_Strict):
    """Which column feeds which attribute; `fields` maps a custom field (id, tag or title) to a column."""

    email: Column
    first_name: Column | None = None
    last_name: Column | None = None
    phone: Column | None = None
    fields: Annotated[dict[Text, Column], Field(max_length=200)] = {}


class Preference(_Strict):
    """Which row wins where one segment has several for an address: by this column's value."""

    column: Column
    take: Literal["greatest", "smallest"] = "greatest"


class Guards(_Strict):
    """When a plan is held for approval."""

    growth_factor: Annotated[float, Field(gt=1)] = 2
    growth_contacts: Annotated[int, Field(ge=0)] = 10_000
    rejected_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    row_cap: Annotated[int, Field(ge=1)] = 10_000_000
    shrink_factor: Annotated[float, Field(gt=0, lt=1)] = 0.5


class ExportContent(_Strict):
    """What a person decides about an export."""

    name: Text
    connection: Text
    list_id: ListId
    segments: Annotated[list[SegmentChoice], Field(min_length=1, max_length=100)]
    mapping: Mapping
    prefer: Preference | None = None
    tags: Tags = []
    when_empty: WhenEmpty = "keep"
    automations: Automations = "never"
    schedule: Literal["on_refresh", "off"] = "on_refresh"
    guards: Guards = Guards()
    full_every_days: Annotated[int, Field(ge=1, le=365)] | None = None
    active: bool = True


class Export(ExportContent):
    """The stored document."""

    id: str
    created_at: datetime
    updated_at: datetime
    updated_by: str


class ExportState(BaseModel):
    """What the program notes about an export; kept apart, so that running never disturbs an editor."""

    snapshots: dict[str, str] = {}
    """Segment to the id of the snapshot that was last planned."""
    contacts: int | None = None
    """Contacts of the last plan that was delivered; guards compare with it."""
    last_run: str | None = None
    last_full_at: datetime | None = None
