"""From an export's mapping to what reading one segment needs."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass

from shared.activecampaign.model import CustomField
from shared.activecampaign.wire import Column
from shared.contacts.mapping import SegmentMapping, TypedColumn
from shared.contacts.values import converter, is_plain
from shared.errors import SegmentFormatError
from shared.exports.export import Mapping, Preference
from shared.segments.offers import offered
from shared.segments.snapshots import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a column's values go: an attribute's name or a custom field."""

    column: str
    name: str
    field: CustomField | None = None

    @property
    def place(self) -> Column:
        """What the encoder calls it."""
        return self.field.field_id if self.field else self.name  # type: ignore[return-value]  # names are attributes


def targets(mapping: Mapping, fields: Map[str, CustomField]) -> list[Target]:
    """All targets but the address, as contacts carry them; `fields` resolves the mapping's names."""
    attributes = {
        "first_name": mapping.first_name,
        "last_name": mapping.last_name,
        "phone": mapping.phone,
    }
    return [Target(column=column, name=name) for name, column in attributes.items() if column] + [
        Target(column=mapping.fields[name], name=name, field=field)
        for name, field in sorted(fields.items(), key=lambda item: item[1].field_id)
    ]


def compile_mapping(
    snapshot: Snapshot,
    index: int,
    *,
    email: str,
    wanted: Sequence[Target],
    prefer: Preference | None,
) -> SegmentMapping:
    """How this segment's rows become candidates.

    Raises SegmentFormatError where the e-mail column is missing; other missing columns are left out and
    named by `missing_columns`.
    """
    if email not in snapshot.columns:
        raise SegmentFormatError(_no_column(snapshot, email, "email"))
    present = [target for target in wanted if target.column in snapshot.columns]
    key = [snapshot.primary_key] if snapshot.primary_key else []
    preference = [prefer.column] if prefer and prefer.column in snapshot.columns else []
    return SegmentMapping(
        segment=snapshot.segment,
        index=index,
        columns=(email, *(target.column for target in present), *key, *preference),
        missing=tuple(
            place for place, target in enumerate(wanted, 1) if target.column not in snapshot.columns
        ),
        typed=tuple(
            TypedColumn(
                place=place, name=target.name, convert=converter(target.field.type, target.field.options)
            )
            for place, target in enumerate(wanted, 1)
            if target.field and target.column in snapshot.columns and not is_plain(target.field.type)
        ),
        has_primary_key=bool(key),
        has_preference=bool(preference),
        partitions=tuple(partition.name for partition in snapshot.partitions),
    )


def missing_columns(snapshot: Snapshot, wanted: Sequence[Target], prefer: Preference | None) -> list[str]:
    """A sentence for each mapped column that the segment does not have."""
    asked = [(target.column, target.name) for target in wanted]
    asked += [(prefer.column, "prefer")] if prefer else []
    return [_no_column(snapshot, column, name) for column, name in asked if column not in snapshot.columns]


def _no_column(snapshot: Snapshot, column: str, name: str) -> str:
    missing = f"the segment {snapshot.segment} has no column {column!r}, which is mapped to {name}"
    return f"{missing}; {offered(snapshot, column)}"
