from typing import Any

import pytest
from pydantic import ValidationError

from shared.exports.export import Guards
from tests.builders import content


def test_an_export_that_says_only_what_it_must_is_careful() -> None:
    export = content()

    assert (export.when_empty, export.automations, export.schedule) == ("keep", "never", "on_refresh")
    assert export.guards == Guards(
        growth_factor=2, growth_contacts=10_000, rejected_share=0.1, row_cap=10_000_000, shrink_factor=0.5
    )
    assert (export.prefer, export.full_every_days, export.active) == (None, None, True)


def test_spaces_around_names_are_cut_off() -> None:
    assert content(mapping={"email": " EMail "}).mapping.email == "EMail"


WRONG: list[tuple[str, Any, str]] = [
    ("name", "", "/name"),
    ("name", "  ", "/name"),
    ("name", "a" * 201, "/name"),
    ("connection", None, "/connection"),
    ("list_id", 0, "/list_id"),
    ("list_id", "first", "/list_id"),
    ("segments", [], "/segments"),
    ("segments", [{"name": "Vip", "list_id": -1}], "/segments/0/list_id"),
    ("segments", [{"name": "Vip", "listid": 1}], "/segments/0/listid"),
    ("segments", [{"name": f"s{number}"} for number in range(101)], "/segments"),
    ("mapping", {}, "/mapping/email"),
    ("mapping", {"email": ""}, "/mapping/email"),
    ("mapping", {"email": "EMail", "fields": {"CITY": ""}}, "/mapping/fields/CITY"),
    ("mapping", {"email": "EMail", "fax": "Fax"}, "/mapping/fax"),
    ("prefer", {"column": "Changed", "take": "newest"}, "/prefer/take"),
    ("tags", ["a" * 251], "/tags/0"),
    ("tags", [""], "/tags/0"),
    ("tags", ["tag"] * 51, "/tags"),
    ("when_empty", "delete", "/when_empty"),
    ("automations", True, "/automations"),
    ("schedule", "hourly", "/schedule"),
    ("guards", {"growth_factor": 1}, "/guards/growth_factor"),
    ("guards", {"growth_contacts": -1}, "/guards/growth_contacts"),
    ("guards", {"rejected_share": 1.1}, "/guards/rejected_share"),
    ("guards", {"row_cap": 0}, "/guards/row_cap"),
    ("guards", {"shrink_factor": 1}, "/guards/shrink_factor"),
    ("full_every_days", 0, "/full_every_days"),
    ("full_every_days", 366, "/full_every_days"),
    ("colour", "red", "/colour"),
]


@pytest.mark.parametrize(("name", "value", "pointer"), WRONG)
def test_a_wrong_value_is_refused_at_its_place(name: str, value: Any, pointer: str) -> None:
    with pytest.raises(ValidationError) as refused:
        content(**{name: value})

    places = ["".join(f"/{part}" for part in error["loc"]) for error in refused.value.errors()]
    assert places == [pointer]


def test_an_export_goes_through_json_unchanged() -> None:
    export = content(
        segments=[{"name": "Vip", "list_id": 2, "tags": ["vip"]}, {"name": "New"}],
        mapping={"email": "EMail", "fields": {"CITY": "City"}},
        prefer={"column": "Changed"},
        guards={"row_cap": 5},
    )

    assert type(export).model_validate_json(export.model_dump_json()) == export
