import pytest

from tests.pipeline import MAPPING, Pipeline, people, row
from tools.sandbox import Person


async def test_every_valid_profile_ends_on_the_list(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(400), people(300, start=400))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert run.state == "successful"
    assert run.counts.add_up
    assert (run.counts.read, run.counts.imported) == (700, 700)
    assert len(pipeline.sandbox.members(1)) == 700


async def test_a_rejected_row_is_reported_with_position_reason_and_hint_but_without_its_address(
    pipeline: Pipeline,
) -> None:
    bad = [row(90, EMail="no-at.example.com"), row(91, EMail=""), row(92, EMail="a@b@example.com")]
    await pipeline.write_segment("Vip", people(30), [*bad, ["short", "row"]])
    await pipeline.make_export(guards={"rejected_share": 1})

    run = await pipeline.run_to_end()
    lines = await pipeline.rejections(run.id)

    assert run.state == "completed_with_warnings"
    assert (run.counts.read, run.counts.rejected, run.counts.imported) == (34, 4, 30)
    assert [line["position"] for line in lines] == [f"Vip_2:{number}" for number in (1, 2, 3, 4)]
    assert [line["reason"] for line in lines] == [
        "address_invalid",
        "address_missing",
        "address_several",
        "column_count",
    ]
    assert {(line["segment"], line["stage"]) for line in lines} == {("Vip", "rejected")}
    assert lines[0]["primary_key"] == f"{90:032x}"
    assert all(line["hint"] for line in lines)
    assert "example.com" not in str([line | {"hint": ""} for line in lines])


async def test_rows_of_one_address_are_one_contact_by_the_smallest_key_wherever_they_stand(
    pipeline: Pipeline,
) -> None:
    first = [row(9, EMail="p1@example.com"), row(7, EMail="P1@Example.com ")]
    second = [*people(3, start=20), row(5, EMail="p1@example.com")]
    await pipeline.write_segment("Vip", first, second)
    await pipeline.make_export()

    run = await pipeline.run_to_end()
    contact = pipeline.sandbox.contact("p1@example.com")

    assert (run.counts.read, run.counts.duplicate, run.counts.contacts) == (6, 2, 4)
    assert run.counts.add_up
    assert contact is not None
    assert contact["first_name"] == "First5"


async def test_lists_and_tags_are_united_and_the_first_segment_gives_the_attributes(
    pipeline: Pipeline,
) -> None:
    other = pipeline.sandbox.add_list("Other")
    await pipeline.write_segment("Vip", people(2))
    await pipeline.write_segment("New", [row(1, FirstName="Other"), row(2)])
    segments = [{"name": "Vip", "tags": ["vip"]}, {"name": "New", "list_id": other, "tags": ["new"]}]
    await pipeline.make_export(segments=segments, tags=["all"])

    run = await pipeline.run_to_end()
    contact = pipeline.sandbox.contact("p1@example.com")

    assert (run.counts.read, run.counts.duplicate, run.counts.imported) == (4, 1, 3)
    assert contact is not None
    assert contact["first_name"] == "First1"
    assert contact["lists"] == {1: "active", other: "active"}
    assert set(contact["tags"]) == {"all", "vip", "new"}
    assert pipeline.sandbox.members(1) == {"p0@example.com", "p1@example.com"}
    assert pipeline.sandbox.members(other) == {"p1@example.com", "p2@example.com"}


@pytest.mark.parametrize(("take", "city"), [("greatest", "10"), ("smallest", "9")])
async def test_the_preferred_column_decides_before_the_primary_key(
    pipeline: Pipeline, take: str, city: str
) -> None:
    nine = row(1, City="9", FirstName="9")
    ten = row(2, City="10", FirstName="10", EMail="p1@example.com")
    await pipeline.write_segment("Vip", [nine, ten])
    await pipeline.make_export(prefer={"column": "City", "take": take})

    await pipeline.run_to_end()
    contact = pipeline.sandbox.contact("p1@example.com")

    assert contact is not None
    assert contact["first_name"] == city


@pytest.mark.parametrize(("when_empty", "kept"), [("keep", "Old"), ("clear", "")])
async def test_an_empty_value_keeps_or_clears_what_is_there(
    pipeline: Pipeline, when_empty: str, kept: str
) -> None:
    city = pipeline.sandbox.add_field("City")
    old = Person(email="p1@example.com", first_name="Old", last_name="Old", fields={city: "Old"})
    pipeline.sandbox.add_person(old)
    await pipeline.write_segment("Vip", [row(1, FirstName="", City="  ")])
    await pipeline.make_export(mapping=MAPPING | {"fields": {"City": "City"}}, when_empty=when_empty)

    await pipeline.run_to_end()
    contact = pipeline.sandbox.contact("p1@example.com")

    assert contact is not None
    assert (contact["first_name"], contact["last_name"]) == (kept, "Last1")
    assert contact["fields"] == {city: kept}
