"""Preview: what the first rows of each segment would become, masked."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, Field

from shared.contacts.compile import Target, compile_mapping, missing_columns, targets
from shared.contacts.mapping import VALUES, SegmentMapping, map_batch, unpack
from shared.errors import InvalidInput, SegmentFormatError, SegmentMisplaced, SegmentNotFound
from shared.exports.checking import Checker
from shared.exports.drafts import ExportDraft
from shared.exports.masking import masked, masked_address
from shared.exports.remarks import pointer
from shared.segments.rows import RowBatch
from shared.segments.snapshots import Snapshot

_ROWS = 1000
_CONTACTS = 5


class Segments(Protocol):
    """The part of the segment store that a preview reads."""

    async def newest_snapshot(self, segment: str) -> Snapshot: ...
    def read(self, snapshot: Snapshot, columns: Sequence[str]) -> AsyncGenerator[RowBatch]: ...


class MaskedContact(BaseModel):
    """A contact as it would be sent, with every value masked; what would not be sent is left out."""

    email: str = Field(examples=["a***@e***.com"])
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    fields: dict[str, str] = Field(description="By the mapping's names for the custom fields")


class SegmentPreview(BaseModel):
    """What the first rows of one segment would become."""

    segment: str
    snapshot: str
    taken_at: datetime | None
    rows: int = Field(description=f"How many rows were read: at most {_ROWS:,}")
    contacts: list[MaskedContact] = Field(description=f"The first {_CONTACTS}, duplicates not looked for")
    rejected: dict[str, int] = Field(description="Rows of those read that would be rejected, by reason")
    unconverted: dict[str, int] = Field(
        description="Values of those read that do not fit their custom field and would be left out, by field"
    )
    missing: list[str] = Field(description="What is mapped and is no column of the segment")


class Preview(BaseModel):
    """What an export would send, as far as its first rows tell; nothing is saved or sent."""

    segments: list[SegmentPreview]


@dataclass(slots=True)
class _Look:
    rows: int = 0
    contacts: list[MaskedContact] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    unconverted: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewer:
    """Reads a little of each segment through the mapping that runs use."""

    checker: Checker
    segments: Segments

    async def preview(self, draft: ExportDraft) -> Preview:
        """Raises InvalidInput naming the field, ActiveCampaignError, SnapshotChanged."""
        wanted = targets(draft.mapping, await self.checker.fields(draft))
        shown = [await self._segment(draft, place, wanted) for place in range(len(draft.segments))]
        return Preview(segments=shown)

    async def _segment(self, draft: ExportDraft, place: int, wanted: Sequence[Target]) -> SegmentPreview:
        try:
            snapshot = await self.segments.newest_snapshot(draft.segments[place].name)
        except (SegmentNotFound, SegmentFormatError, SegmentMisplaced) as error:
            raise InvalidInput(str(error), pointer=pointer("segments", place, "name")) from error
        look = await self._look(snapshot, _compiled(draft, snapshot, wanted), wanted)
        return SegmentPreview(
            segment=snapshot.segment,
            snapshot=snapshot.id,
            taken_at=snapshot.taken_at,
            rows=look.rows,
            contacts=look.contacts,
            rejected=dict(look.rejected),
            unconverted=dict(look.unconverted),
            missing=missing_columns(snapshot, wanted, draft.prefer),
        )

    async def _look(self, snapshot: Snapshot, mapping: SegmentMapping, wanted: Sequence[Target]) -> _Look:
        look = _Look()
        async with aclosing(self.segments.read(snapshot, mapping.columns)) as batches:
            async for batch in batches:
                rows = batch.rows[: _ROWS - look.rows]
                part = RowBatch(partition=batch.partition, first_row=batch.first_row, rows=rows)
                mapped = map_batch(mapping, part, lambda address: b"")
                look.rows += len(rows)
                look.rejected.update(rejection.reason for rejection in mapped.rejections)
                look.unconverted.update(mapped.unconverted)
                room = _CONTACTS - len(look.contacts)
                look.contacts += [_shown(unpack(one[VALUES]), wanted) for one in mapped.candidates[:room]]
                if look.rows == _ROWS:
                    break
        return look


def _compiled(draft: ExportDraft, snapshot: Snapshot, wanted: Sequence[Target]) -> SegmentMapping:
    try:
        return compile_mapping(snapshot, 0, email=draft.mapping.email, wanted=wanted, prefer=draft.prefer)
    except SegmentFormatError as error:
        raise InvalidInput(str(error), pointer="/mapping/email") from error


def _shown(values: Sequence[str | None], wanted: Sequence[Target]) -> MaskedContact:
    """`values` has the address, then one for each target."""
    address, *others = values
    sent = [(target, masked(value)) for target, value in zip(wanted, others, strict=True) if value]
    attributes: Mapping[str, str] = {target.name: value for target, value in sent if target.field is None}
    fields = {target.name: value for target, value in sent if target.field}
    return MaskedContact.model_validate(
        {"email": masked_address(address or ""), **attributes, "fields": fields}
    )
