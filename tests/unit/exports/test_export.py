from typing import Any

import pytest
from pydantic import ValidationError

from shared.errors import Conflict
from shared.exports.export import Guards
from tests.builders import content
from tests.unit.exports.stored import stored


def test_an_export_that_says_only_what_it_must_is_careful() -> None:
    export = content()

    assert (export.when_empty, export.automations, export.schedule) == ("keep", "never", None)
    assert export.guards == Guards(
        growth_factor=2, growth_contacts=10_000, rejected_share=0.1, row_cap=10_000_000, shrink_factor=0.5
    )
    assert (export.prefer, export.full_every_days, export.active) == (None, None, True)
    assert (export.honour_opt_outs_of, export.stale_after_hours) == ([], 36)


def test_without_a_connection_an_export_is_detached() -> None:
    assert content(connection=None).connection is None


def test_spaces_around_names_are_cut_off() -> None:
    assert content(mapping={"email": " EMail "}).mapping.email == "EMail"


WRONG: list[tuple[str, Any, str]] = [
    ("name", "", "/name"),
    ("name", "  ", "/name"),
    ("name", "a" * 201, "/name"),
    ("connection", "", "/connection"),
    ("list_id", 0, "/list_id"),
    ("list_id", 2**31, "/list_id"),
    ("list_id", "first", "/list_id"),
    ("honour_opt_outs_of", [1, 0], "/honour_opt_outs_of/1"),
    ("honour_opt_outs_of", [1] * 101, "/honour_opt_outs_of"),
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
    ("schedule", "hourly", "/schedule/kind"),
    ("stale_after_hours", 0, "/stale_after_hours"),
    ("guards", {"growth_factor": 1}, "/guards/growth_factor"),
    ("guards", {"growth_factor": 1001}, "/guards/growth_factor"),
    ("guards", {"growth_factor": float("inf")}, "/guards/growth_factor"),
    ("guards", {"growth_factor": float("nan")}, "/guards/growth_factor"),
    ("guards", {"growth_contacts": -1}, "/guards/growth_contacts"),
    ("guards", {"growth_contacts": 100_000_001}, "/guards/growth_contacts"),
    ("guards", {"rejected_share": 1.1}, "/guards/rejected_share"),
    ("guards", {"rejected_share": float("nan")}, "/guards/rejected_share"),
    ("guards", {"row_cap": 0}, "/guards/row_cap"),
    ("guards", {"row_cap": 100_000_001}, "/guards/row_cap"),
    ("guards", {"shrink_factor": 0}, "/guards/shrink_factor"),
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


def test_it_feeds_its_own_list_and_those_of_its_segments() -> None:
    segments = [{"name": "a", "list_id": 3}, {"name": "b"}, {"name": "c", "list_id": 3}]

    assert content(list_id=1, segments=segments).lists == {1, 3}


def test_its_own_list_is_not_fed_where_every_segment_has_another() -> None:
    assert content(list_id=1, segments=[{"name": "a", "list_id": 3}]).lists == {3}


def test_a_detached_export_cannot_be_asked_for_its_connection() -> None:
    export = stored(connection=None)

    with pytest.raises(Conflict, match="export 'vip' has no connection; attach one"):
        export.require_connection()
