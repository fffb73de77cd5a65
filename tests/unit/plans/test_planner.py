import json
from typing import Any

import pytest

from shared.activecampaign.schedule import Limits
from shared.activecampaign.wire import MAX_BODY_BYTES, ContactEncoder
from shared.errors import Fenced, SegmentFormatError
from shared.exports.export import Automations
from shared.plans.packing import KINDS, starts_automations
from tests.builders import snapshot
from tests.unit.plans.desk import PARTITIONS, Cells, Desk, people, simple, without_fields


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
def test_which_requests_may_start_automations(automations: Automations, kinds: tuple[str, ...]) -> None:
    assert tuple(kind for kind in KINDS if starts_automations(automations, kind)) == kinds
