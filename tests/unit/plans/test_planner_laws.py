from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contacts.addresses import fault, normalise
from shared.exports.export import ExportContent
from shared.plans.ledger import Outcome
from shared.segments.rows import COLUMN_COUNT, Malformed
from tests.unit.plans.desk import EXPORT, PARTITIONS, Cells, Desk, Rows

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
rows: st.SearchStrategy[Cells] = st.one_of(cells, cells, cells, st.just(COLUMN_COUNT))
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
