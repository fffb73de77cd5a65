"""Drafts: exports as callers send them, their lists by id or by name."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from shared.errors import InvalidInput
from shared.exports.export import Choices, Export, ExportContent, ListId, SegmentChoice, Strict, Text
from shared.input import invalid_input, merge_patch

type Place = tuple[str | int, ...]
"""Where a field stands in a draft."""

ListName = Annotated[
    Text | None,
    Field(
        alias="list",
        description="A list's name instead of its id; it is looked up when the export is saved",
        examples=["Newsletter"],
    ),
]


class SegmentDraft(SegmentChoice):
    """A segment of an export; its own list by id or by name."""

    list_name: ListName = None


class ExportDraft(Choices):
    """What is wanted of an export. It is stored, and shown, with the ids of its lists."""

    list_id: Annotated[ListId | None, Field(description="Or give the list's name as `list`")] = None
    list_name: ListName = None
    segments: Annotated[
        list[SegmentDraft],
        Field(
            min_length=1, max_length=100, description="Where two have a person, the first one's values count"
        ),
    ]

    def list_ids(self) -> Iterator[tuple[Place, int]]:
        """Every list that is given by its id."""
        if self.list_id is not None:
            yield ("list_id",), self.list_id
        for place, segment in enumerate(self.segments):
            if segment.list_id is not None:
                yield ("segments", place, "list_id"), segment.list_id
        for place, list_id in enumerate(self.honour_opt_outs_of):
            yield ("honour_opt_outs_of", place), list_id

    def list_names(self) -> Iterator[tuple[Place, str]]:
        """Every list that is given by its name."""
        if self.list_name is not None:
            yield ("list",), self.list_name
        for place, segment in enumerate(self.segments):
            if segment.list_name is not None:
                yield ("segments", place, "list"), segment.list_name

    def content(self, ids: Mapping[str, int]) -> ExportContent:
        """What is stored; `ids` has the id of each list that is given by its name."""
        document = self.model_dump(by_alias=True, exclude={"id"})
        for choice in (document, *document["segments"]):
            if (name := choice.pop("list")) is not None:
                choice["list_id"] = ids[name]
        return ExportContent.model_validate(document)


class ExportInput(ExportDraft):
    """A new export, with the id it shall have if wanted."""

    id: str | None = Field(
        default=None, description="1 to 63 of a-z, 0-9 and inner hyphens; made up if absent"
    )


class Duplicate(Strict):
    """What a copy of an export is to be called."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "vip-2", "name": "VIP, second list"}]})

    id: str | None = Field(default=None, description="Made up if absent")
    name: Text | None = Field(default=None, description='"Copy of …" if absent')


_FIXED = ("id", "created_at", "updated_at", "updated_by")
_LOOKED_UP = frozenset(
    ("connection", "list_id", "list", "honour_opt_outs_of", "segments", "mapping", "prefer")
)


def patched(export: Export, patch: Mapping[str, Any]) -> ExportDraft:
    """The draft that a merge patch (RFC 7396) makes of an export. Raises InvalidInput naming the field."""
    for name in _FIXED:
        if name in patch:
            raise InvalidInput(f"{name} cannot be changed", pointer=f"/{name}")
    document = export.content.model_dump(mode="json", exclude_none=True)
    for name in _replaced(patch):
        document.pop(name, None)
    merged = merge_patch(document, dict(patch))
    try:
        return ExportDraft.model_validate(merged, strict=True)
    except ValidationError as error:
        raise invalid_input(error, merged) from error


def _replaced(patch: Mapping[str, Any]) -> Iterator[str]:
    """What makes no sense merged: a list by id and by name, a schedule with one of another kind."""
    if patch.get("list") is not None:
        yield "list_id"
    if isinstance(schedule := patch.get("schedule"), dict) and "kind" in schedule:
        yield "schedule"


def needs_checking(patch: Mapping[str, Any]) -> bool:
    """Whether a patch touches what has to be looked up elsewhere, or makes an export run that did not."""
    return not _LOOKED_UP.isdisjoint(patch) or patch.get("active") is True
