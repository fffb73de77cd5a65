import asyncio
import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.activecampaign.schedule import Limits
from shared.activecampaign.wire import MAX_BODY_BYTES, ContactEncoder
from shared.contacts.addresses import fault, normalise
from shared.errors import Fenced, SegmentFormatError
from shared.exports.export import ExportContent
from shared.plans.chunks import Kind, Source, decode_sources
from shared.plans.destination import Destination
from shared.plans.guards import Allowance
from shared.plans.ledger import Entry, Known, Ledger, Outcome
from shared.plans.plan import Plan
from shared.plans.planner import Order, Planner, starts_automations
from shared.segments.rows import COLUMN_COUNT, UNCLOSED_QUOTE, Malformed, Row
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
                segments=Segments(self.rows),
                store=self.container.store(),
                keys=KEYS,
                ledger=ledger,
                still_ours=self.still_ours,
            )
            return asyncio.run(planner.plan("chunks", "rejected"))

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with Ledger(Path(":memory:")) as ledger:
            ledger.record("before", "now", self.entered, KEYS)
            yield ledger

    def known(self) -> dict[bytes, Known]:
        with self.ledger() as ledger:
            return {digest: found for number in range(256) for digest, found in ledger.bucket(number).items()}

    def bodies(self, plan: Plan) -> list[bytes]:
        data = self.container.data("chunks")
        staged = [plan.chunks[number] for number in range(len(plan.chunks))]
        return [data[chunk.offset : chunk.offset + chunk.body] for chunk in staged]

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


ADDRESSES = [f"p{number}@example.com" for number in range(6)] + ["P1@Example.com ", "o'neil@example.com"]
BAD = ["", "nobody", "a b@example.com", "x@y", "ann\udcff@example.com"]
cells = st.fixed_dictionaries(
    {
        "CustomerId": st.sampled_from(["", "1", "2", "3", "4\udcff"]),
        "EMail": st.sampled_from(ADDRESSES + BAD),
        "FirstName": st.sampled_from(["", "Ann", "Bob"]),
        "Score": st.sampled_from(["", "1", "1,000", "many"]),
        "Changed": st.sampled_from(["", "2026-01-15", "2026-01-14", "7", "7.0"]),
    }
)
rows: st.SearchStrategy[Cells] = st.one_of(
    cells, cells, cells, st.sampled_from([COLUMN_COUNT, UNCLOSED_QUOTE])
)
segments = st.fixed_dictionaries(
    {name: st.lists(rows, max_size=8) for names in PARTITIONS.values() for name in names}
)
exports = st.builds(
    lambda automations, when_empty, take: EXPORT.model_copy(
        update={
            "automations": automations,
            "when_empty": when_empty,
            "prefer": EXPORT.prefer and EXPORT.prefer.model_copy(update={"take": take}),
        }
    ),
    st.sampled_from(["never", "joiners", "always"]),
    st.sampled_from(["keep", "clear"]),
    st.sampled_from(["greatest", "smallest"]),
)
quickly = settings(max_examples=20, deadline=None)


@quickly
@given(segments, exports)
def test_every_row_is_accounted_for_once(rows: Rows, export: ExportContent) -> None:
    desk = Desk(rows, export)

    plan = desk.plan()

    every = [row for partition in rows.values() for row in partition]
    usable = [normalise(row["EMail"]) for row in every if isinstance(row, dict) and not reason(row)]
    assert plan.counts.read == len(every)
    assert plan.counts.add_up
    assert plan.counts.rejected == len(every) - len(usable) == len(desk.rejections())
    assert sorted(contact["email"] for contact in desk.contacts(plan)) == sorted(set(usable))


def reason(row: Cells) -> str | None:
    """Why a row is rejected."""
    if isinstance(row, Malformed):
        return row.reason
    assert isinstance(row, dict)
    return fault(normalise(row["EMail"]))


@quickly
@given(segments)
def test_each_rejection_names_the_row_it_is_about(rows: Rows) -> None:
    desk = Desk(rows)

    desk.plan()

    expected = [
        (f"{name}:{number}", reason(row))
        for name, partition in rows.items()
        for number, row in enumerate(partition, 1)
        if reason(row)
    ]
    assert sorted((line["position"], line["reason"]) for line in desk.rejections()) == sorted(expected)


@quickly
@given(st.data(), segments, exports)
def test_the_same_snapshot_in_another_order_gives_the_same_plan(
    data: st.DataObject, rows: Rows, export: ExportContent
) -> None:
    shuffled = {name: data.draw(st.permutations(partition)) for name, partition in rows.items()}
    shuffled["Vip_1"], shuffled["Vip_2"] = shuffled["Vip_2"], shuffled["Vip_1"]
    one, other = Desk(rows, export), Desk(shuffled, export)

    plans = one.plan(), other.plan()

    assert one.bodies(plans[0]) == other.bodies(plans[1])
    assert plans[0].counts == plans[1].counts
    assert plans[0].findings == plans[1].findings


outcomes = st.lists(st.sampled_from(["imported", "failed", "refused", None]), min_size=1, max_size=5)


@quickly
@given(segments, segments, exports, outcomes, st.booleans())
def test_the_next_plan_sends_what_is_new_or_changed_and_no_more(
    before: Rows, after: Rows, export: ExportContent, dealt: list[Outcome | None], retry: bool
) -> None:
    desk = Desk(before, export)
    desk.deliver(desk.plan(), dealt)
    known, desk.rows = desk.known(), after

    plan = desk.plan(resend_withheld=retry, previous_contacts=5)

    sources, counts = desk.sources(plan), plan.counts
    assert counts.add_up
    assert plan.new == sum(source.digest not in known for source in sources)
    assert plan.left == len(known) - (counts.contacts - plan.new)
    assert counts.withheld == 0 or not retry
    assert all(
        known[source.digest].content != source.content or (retry and not known[source.digest].arrived)
        for source in sources
        if source.digest in known
    )


@quickly
@given(segments, outcomes)
def test_the_same_rows_again_are_unchanged_or_withheld(rows: Rows, dealt: list[Outcome | None]) -> None:
    desk = Desk(rows)
    dealt_out = desk.deliver(desk.plan(), dealt)

    again, retry, full = desk.plan(), desk.plan(resend_withheld=True), desk.plan(full=True)

    refused = dealt_out["failed"] + dealt_out["refused"]
    assert (again.counts.unchanged, again.counts.withheld) == (dealt_out["imported"], refused)
    assert (again.counts.planned, again.left, again.changed) == (dealt_out[None], 0, 0)
    assert retry.counts.planned == dealt_out[None] + refused
    assert full.counts.planned == full.counts.contacts == again.counts.contacts


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


def test_chunks_carry_the_rows_they_came_from() -> None:
    desk = simple(people(3))

    plan = desk.plan(**without_fields())

    found = {
        contact["email"]: source
        for contact, source in zip(desk.contacts(plan), desk.sources(plan), strict=True)
    }
    assert {email: (source.row, source.primary_key) for email, source in found.items()} == {
        f"p{number}@example.com": (number + 1, str(number)) for number in range(3)
    }


def test_doubtful_addresses_are_the_last_chunk_and_joiners_have_chunks_of_their_own() -> None:
    desk = simple(people(300), automations="joiners")
    desk.deliver(desk.plan(**without_fields()), ["imported"])
    doubtful: Cells = {"EMail": "o'neil@example.com"}
    desk.rows = {
        "Vip_1": [doubtful, *(row | {"FirstName": "Eve"} for row in people(303) if isinstance(row, dict))]
    }

    plan = desk.plan(**without_fields(previous_contacts=300))

    assert list(zip(plan.chunks.kinds, plan.chunks.counts, strict=True)) == [
        ("plain", 250),
        ("plain", 50),
        ("joiners", 3),
        ("doubtful", 1),
    ]
    assert [json.loads(body)["exclude_automations"] for body in desk.bodies(plan)] == [
        True,
        True,
        False,
        True,
    ]
    assert plan.automations == 3
    assert (plan.new, plan.changed) == (4, 300)


@pytest.mark.parametrize("changes", [{"previous_contacts": None}, {"full": True, "previous_contacts": 5}])
def test_nobody_is_a_joiner_in_a_first_or_a_full_run(changes: dict[str, Any]) -> None:
    plan = simple(people(3), automations="joiners").plan(**without_fields(**changes))

    assert (plan.chunks.kinds, plan.automations) == (["plain"], 0)


def test_a_contact_too_large_is_rejected_with_its_row() -> None:
    big: Cells = {"CustomerId": "b", "EMail": "big@example.com", "FirstName": "x" * MAX_BODY_BYTES}
    desk = simple([*people(2), big])

    plan = desk.plan(**without_fields())

    assert plan.counts.add_up
    assert (plan.counts.rejected, plan.counts.planned) == (1, 2)
    (line,) = desk.rejections()
    assert (line["position"], line["primary_key"], line["reason"]) == ("Vip_1:3", "b", "contact_too_large")


@pytest.mark.parametrize("automations", ["never", "joiners", "always"])
def test_the_largest_contact_still_fits_whoever_may_start_automations(automations: str) -> None:
    encoder = ContactEncoder(columns=("email", "first_name"), list_ids={1}, send_empty=True)
    spare = MAX_BODY_BYTES - len(encoder.encode(["b@e.de", ""]))

    rejected = []
    for length in range(spare - 45, spare - 35):
        desk = simple([{"EMail": "b@e.de", "FirstName": "x" * length}], automations=automations)
        plan = desk.plan(**without_fields(previous_contacts=1))
        assert all(len(body) <= MAX_BODY_BYTES for body in desk.bodies(plan))
        rejected.append(plan.counts.rejected)

    assert (rejected[0], rejected[-1]) == (0, 1)


def test_a_primary_key_that_is_no_utf_8_does_not_stop_a_plan() -> None:
    bad: Cells = {"CustomerId": "4\udcff", "EMail": "b@e.de", "FirstName": "x" * MAX_BODY_BYTES}

    desk = simple([bad])
    desk.plan(**without_fields())

    assert [line["primary_key"] for line in desk.rejections()] == ["4?"]


def test_the_minutes_are_those_of_the_bulk_limit() -> None:
    plan = simple(people(1_000)).plan(**without_fields(limits=Limits(bulk_per_minute=1)))

    assert len(plan.chunks) == 4
    assert plan.minutes == round(4 / 0.986, 2)


def test_an_empty_segment_makes_an_empty_plan_and_a_report_of_a_header() -> None:
    desk = simple([])

    plan = desk.plan(**without_fields())

    assert (len(plan.chunks), plan.minutes, desk.container.data("chunks")) == (0, 0, b"")
    assert [finding.code for finding in plan.findings] == ["empty", "allowance_unknown"]
    assert desk.container.data("rejected").startswith(b"segment,primary_key,position,")


def test_a_missing_column_holds_the_plan_and_the_others_are_planned() -> None:
    desk = simple(people(1))
    desk.snapshots = (snapshot(columns=("EMail", "CustomerId")),)

    plan = desk.plan(**without_fields())

    assert plan.held
    assert [finding.code for finding in plan.findings if finding.holds] == ["column_missing"]
    assert desk.contacts(plan) == [{"email": "p0@example.com", "subscribe": [{"listid": 1}]}]


def test_without_the_address_column_there_is_no_plan_and_nothing_becomes_visible() -> None:
    desk = simple(people(1))
    desk.snapshots = (snapshot(columns=("CustomerId", "FirstName")),)

    with pytest.raises(SegmentFormatError):
        desk.plan(**without_fields())

    assert all(blob.data is None for blob in desk.container.blobs.values())


def test_a_planner_that_was_overtaken_leaves_nothing_behind() -> None:
    def overtaken() -> None:
        raise Fenced("another worker has it")

    desk = simple(people(1))
    desk.still_ours = overtaken

    with pytest.raises(Fenced):
        desk.plan(**without_fields())

    assert all(blob.data is None for blob in desk.container.blobs.values())


def test_values_that_do_not_fit_are_counted_by_field() -> None:
    desk = Desk({name: [] for names in PARTITIONS.values() for name in names})
    desk.rows["Vip_1"] = [{"EMail": "a@e.de", "Score": "many"}, {"EMail": "b@e.de", "Score": "1,000"}]

    plan = desk.plan()

    assert plan.unconverted == {"SCORE": 1}
    assert [
        contact.get("fields") for contact in sorted(desk.contacts(plan), key=lambda one: one["email"])
    ] == [
        None,
        [{"id": 7, "value": "1000"}],
    ]


@pytest.mark.parametrize(
    ("automations", "kinds"),
    [("never", ()), ("joiners", ("joiners",)), ("always", ("plain", "joiners", "doubtful"))],
)
def test_which_requests_may_start_automations(automations: str, kinds: tuple[str, ...]) -> None:
    every: tuple[Kind, ...] = ("plain", "joiners", "doubtful")
    export = content(automations=automations)

    assert tuple(kind for kind in every if starts_automations(export, kind)) == kinds
