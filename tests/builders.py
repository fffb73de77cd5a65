"""Values for unit tests, complete with whatever a test does not care about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from shared.activecampaign.model import CustomField, FieldType
from shared.activecampaign.wire import ContactEncoder
from shared.contacts.addresses import normalise
from shared.contacts.mapping import Candidate, pack
from shared.exports.export import ExportContent
from shared.plans.chunks import Planned
from shared.plans.keys import LedgerKeys
from shared.runs.run import Run
from shared.segments.dialect import Dialect
from shared.segments.snapshots import Partition, Snapshot

NOW = datetime(2026, 1, 15, 6, 40, tzinfo=UTC)
SECRET = "an example of a secret that is long enough"
KEYS = LedgerKeys.derive(SECRET, "v1")
COLUMNS = ("CustomerId", "EMail", "FirstName", "Score", "Changed")


def snapshot(
    segment: str = "Vip",
    *,
    columns: Sequence[str] = COLUMNS,
    primary_key: str | None = "CustomerId",
    partitions: Sequence[str] = ("Vip_1",),
) -> Snapshot:
    return Snapshot(
        segment=segment,
        id=f"{segment}-1",
        taken_at=NOW,
        columns=tuple(columns),
        primary_key=primary_key,
        partitions=tuple(
            Partition(name=name, blob=f"{name}.csv", etag="1", size=1, dialect=Dialect())
            for name in partitions
        ),
    )


def content(**changes: Any) -> ExportContent:
    wanted = {
        "name": "VIP",
        "connection": "main",
        "list_id": 1,
        "segments": [{"name": "Vip"}],
        "mapping": {"email": "EMail"},
    }
    return ExportContent.model_validate(wanted | changes)


def custom_field(field_id: int, field_type: FieldType = "text", options: Sequence[str] = ()) -> CustomField:
    return CustomField(
        field_id=field_id,
        title=f"Field {field_id}",
        perstag=f"FIELD_{field_id}",
        type=field_type,
        options=tuple(options),
    )


def run(**changes: Any) -> Run:
    usual: dict[str, Any] = {
        "id": "run-1",
        "export": "vip",
        "export_name": "VIP",
        "connection": "main",
        "trigger": "on_demand",
        "requested_by": "ann",
        "queued_at": NOW,
    }
    return Run(**usual | changes)


def candidate(
    address: str = "ann@example.com",
    *values: str | None,
    segment: int = 0,
    preference: str = "",
    key: str = "",
    partition: int = 0,
    row: int = 1,
) -> Candidate:
    return (
        KEYS.digest(normalise(address)),
        segment,
        preference,
        key,
        partition,
        row,
        pack([address, *values]),
    )


def planned(address: str = "ann@example.com", *, contact: bytes | None = None, row: int = 1) -> Planned:
    body = contact or ContactEncoder(columns=("email",), list_ids={1}).encode([address])
    return body, KEYS.hashing.content_hasher("acme")(body), KEYS.digest(address), (0, 0, row, f"key-{row}")
