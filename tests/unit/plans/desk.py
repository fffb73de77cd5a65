"""A planner's surroundings in memory."""

import asyncio
import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.activecampaign.schedule import Limits
from shared.exports.export import ExportContent
from shared.plans.chunks import Source, decode_body, decode_sources
from shared.plans.destination import Destination
from shared.plans.guards import Allowance
from shared.plans.ledger import Entry, Known, Ledger, Outcome
from shared.plans.plan import Plan
from shared.plans.planner import Order, Planner
from shared.segments.rows import Row
from shared.segments.snapshots import Snapshot
from tests.builders import KEYS, NOW, content, custom_field, snapshot
from tests.unit.plans.memory import Container, Segments

type Cells = dict[str, str] | Row
type Rows = dict[str, list[Cells]]
"""The rows of each partition."""

PARTITIONS = {"Vip": ("Vip_1", "Vip_2"), "New": ("New_1",)}
EXPORT = content(
    segments=[{"name": "Vip", "tags": ["vip"]}, {"name": "New", "list_id": 2}],
    mapping={"email": "EMail", "first_name": "FirstName", "fields": {"SCORE": "Score"}},
    prefer={"column": "Changed"},
)


@dataclass(slots=True)
class Desk:
    """A planner's surroundings; what was entered into the ledger is known to every later plan."""

    rows: Rows
    export: ExportContent = field(default_factory=lambda: EXPORT)
    entered: list[Entry] = field(default_factory=list)
    container: Container = field(default_factory=Container)
    still_ours: Callable[[], None] = lambda: None
    processes: int = 1
    snapshots: tuple[Snapshot, ...] = tuple(
        snapshot(segment, partitions=names) for segment, names in PARTITIONS.items()
    )

    def plan(self, **changes: Any) -> Plan:
        usual: dict[str, Any] = {
            "run": "run-1",
            "export": self.export,
            "account": "acme",
            "snapshots": self.snapshots,
            "destination": Destination(
                fields={"SCORE": custom_field(7, "number")}, allowance=Allowance(limit=10**6, total=0)
            ),
            "limits": Limits(),
            "full": False,
            "resend_withheld": False,
            "previous_contacts": None,
            "now": NOW,
        }
        with self.ledger() as ledger:
            planner = Planner(
                order=Order(**usual | changes),
                segments=Segments(self.rows, self.snapshots),
                processes=self.processes,
                store=self.container.store(),
                keys=KEYS,
                ledger=ledger,
                still_ours=self.still_ours,
            )
            return asyncio.run(planner.plan("chunks", "rejected"))

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with (
            tempfile.TemporaryDirectory() as folder,
            Ledger(Path(folder) / "ledger.sqlite") as ledger,
        ):
            ledger.record("before", "now", self.entered, KEYS)
            yield ledger

    def known(self) -> dict[bytes, Known]:
        with self.ledger() as ledger:
            return {digest: found for number in range(256) for digest, found in ledger.bucket(number).items()}

    def bodies(self, plan: Plan) -> list[bytes]:
        data = self.container.data("chunks")
        staged = [plan.chunks[number] for number in range(len(plan.chunks))]
        return [decode_body(data[chunk.offset : chunk.offset + chunk.body]) for chunk in staged]

    def contacts(self, plan: Plan) -> list[dict[str, Any]]:
        return [contact for body in self.bodies(plan) for contact in json.loads(body)["contacts"]]

    def sources(self, plan: Plan) -> list[Source]:
        data = self.container.data("chunks")
        staged = [plan.chunks[number] for number in range(len(plan.chunks))]
        starts = [(chunk.offset + chunk.body + 1, chunk.sources) for chunk in staged]
        return [source for start, size in starts for source in decode_sources(data[start : start + size])]

    def rejections(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.container.data("rejected").decode())))

    def deliver(self, plan: Plan, outcomes: Sequence[Outcome | None]) -> Counter[Outcome | None]:
        """Enters what became of the planned contacts, the outcomes in turn; None is never entered."""
        dealt = [outcomes[at % len(outcomes)] for at in range(plan.counts.planned)]
        self.entered += [
            Entry(digest=source.digest, content=source.content, outcome=outcome, address=contact["email"])
            for source, contact, outcome in zip(self.sources(plan), self.contacts(plan), dealt, strict=True)
            if outcome
        ]
        return Counter(dealt)


def people(count: int) -> list[Cells]:
    return [
        {"CustomerId": str(number), "EMail": f"p{number}@example.com", "FirstName": "Ann"}
        for number in range(count)
    ]


def simple(rows: list[Cells], **changes: Any) -> Desk:
    mapping = {"email": "EMail", "first_name": "FirstName"}
    return Desk({"Vip_1": rows}, content(mapping=mapping, **changes), snapshots=(snapshot(),))


def without_fields(**changes: Any) -> dict[str, Any]:
    return {"destination": Destination(fields={}, allowance=None)} | changes
