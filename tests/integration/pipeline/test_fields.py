"""Custom fields: found by any of their names, written as their type wants it."""

from tests.pipeline import Pipeline
from tools.sandbox import Sandbox

COLUMNS = ("CustomerId", "EMail", "Born", "Spent", "Colour", "Hobbies", "Note")
MAPPED = {"Birthday": "Born", "%SPENT%": "Spent", "Colour": "Colour", "hobbies": "Hobbies"}


def add_fields(sandbox: Sandbox) -> dict[str, int]:
    """Fields on the second page of a hundred, by title."""
    for number in range(110):
        sandbox.add_field(f"Filler {number}")
    return {
        "Birthday": sandbox.add_field("Birthday", type="date"),
        "Spent": sandbox.add_field("Spent", type="number"),
        "Colour": sandbox.add_field("Colour", type="dropdown", options=["Red", "Green"]),
        "Hobbies": sandbox.add_field("Hobbies", type="listbox", options=["Chess", "Golf", "Tea"]),
        "Note": sandbox.add_field("Note"),
    }


async def test_fields_are_found_on_any_page_by_title_tag_or_id_and_values_are_converted(
    pipeline: Pipeline,
) -> None:
    fields = add_fields(pipeline.sandbox)
    profile = ("1", "p1@example.com", "1/31/1980 12:00:00 AM", "1,234.50", "red", "Tea; Chess", "as it is")
    await pipeline.write_segment("Vip", [profile], columns=COLUMNS)
    await pipeline.make_export(mapping={"email": "EMail", "fields": MAPPED | {str(fields["Note"]): "Note"}})

    run = await pipeline.run_to_end()
    contact = pipeline.sandbox.contact("p1@example.com")

    assert run.unconverted == {}
    assert contact is not None
    assert contact["fields"] == {
        fields["Birthday"]: "1980-01-31",
        fields["Spent"]: "1234.50",
        fields["Colour"]: "Red",
        fields["Hobbies"]: "||Chess||Tea||",
        fields["Note"]: "as it is",
    }


async def test_values_that_do_not_fit_are_left_out_and_counted_by_field(pipeline: Pipeline) -> None:
    fields = add_fields(pipeline.sandbox)
    profiles = [
        ("1", "p1@example.com", "soon", "much", "Blue", "Chess; Polo", ""),
        ("2", "p2@example.com", "never", "7", "Green", "Golf", ""),
    ]
    await pipeline.write_segment("Vip", profiles, columns=COLUMNS)
    await pipeline.make_export(mapping={"email": "EMail", "fields": MAPPED})

    run = await pipeline.run_to_end()
    first, second = (pipeline.sandbox.contact(f"p{number}@example.com") for number in (1, 2))

    assert run.counts.imported == 2
    assert run.unconverted == {"Birthday": 2, "%SPENT%": 1, "Colour": 1, "hobbies": 1}
    assert first is not None
    assert second is not None
    assert first["fields"] == {}
    assert second["fields"] == {
        fields["Spent"]: "7",
        fields["Colour"]: "Green",
        fields["Hobbies"]: "||Golf||",
    }


async def test_a_field_that_is_not_there_ends_the_run_before_anything_is_sent(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_field("Birthday", type="date")
    await pipeline.write_segment("Vip", [("1", "p1@example.com", "", "", "", "", "")], columns=COLUMNS)
    await pipeline.make_export(mapping={"email": "EMail", "fields": {"Birthdate": "Born"}})

    run = await pipeline.run_to_end()

    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "field_not_found"
    assert "'Birthday'" in run.problem.message
    assert pipeline.imports == 0
