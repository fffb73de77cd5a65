"""From what callers send to what is stored."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.exports.drafts import ExportDraft, needs_checking, patched
from tests.unit.exports.stored import draft, stored

PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text("abc", min_size=1, max_size=9),
        "list_id": st.integers(1, 99),
        "tags": st.lists(st.sampled_from(["a", "b"]), max_size=3),
        "connection": st.sampled_from(["main", "second", None]),
        "prefer": st.sampled_from([None, {"column": "Changed"}, {"column": "Score", "take": "smallest"}]),
        "mapping": st.sampled_from([{"phone": "Phone"}, {"phone": None}, {"fields": {"7": "Score"}}]),
        "schedule": st.sampled_from(["off", None, {"kind": "daily", "times": ["07:00"], "time_zone": "UTC"}]),
        "active": st.booleans(),
        "full_every_days": st.sampled_from([1, 30, None]),
    },
)


def test_lists_are_named_with_their_places() -> None:
    wanted = draft(
        list_id=None,
        list="Newsletter",
        segments=[{"name": "Vip", "list": "VIP"}, {"name": "New", "list_id": 3}],
        honour_opt_outs_of=[4],
    )

    assert list(wanted.list_names()) == [(("list",), "Newsletter"), (("segments", 0, "list"), "VIP")]
    assert list(wanted.list_ids()) == [(("segments", 1, "list_id"), 3), (("honour_opt_outs_of", 0), 4)]


def test_what_is_stored_has_ids_in_place_of_names() -> None:
    wanted = draft(
        list_id=None, list="Newsletter", segments=[{"name": "Vip", "list": "VIP", "tags": ["vip"]}]
    )

    content = wanted.content({"Newsletter": 1, "VIP": 2})

    assert (content.list_id, content.segments[0].list_id) == (1, 2)
    assert '"list"' not in content.model_dump_json()


def test_a_patch_may_name_another_list() -> None:
    by_name = patched(stored(list_id=3), {"list": "VIP"})
    by_both = patched(stored(list_id=3), {"list": "VIP", "list_id": 2})

    assert (by_name.list_id, by_name.list_name) == (None, "VIP")
    assert (by_both.list_id, by_both.list_name) == (2, "VIP")


def test_a_schedule_of_another_kind_takes_the_place_of_the_one_before() -> None:
    weekly = {"kind": "weekly", "weekdays": ["monday"], "times": ["07:00"], "time_zone": "UTC"}
    daily = {"kind": "daily", "times": ["08:00"], "time_zone": "UTC"}

    changed = patched(stored(schedule=weekly), {"schedule": daily}).schedule
    merged = patched(stored(schedule=weekly), {"schedule": {"times": ["09:00"]}}).schedule

    assert changed is not None
    assert merged is not None
    assert changed.model_dump() == daily
    assert merged.model_dump() == weekly | {"times": ["09:00"]}


@pytest.mark.parametrize("name", ["id", "created_at", "updated_at", "updated_by"])
def test_what_the_program_writes_cannot_be_patched(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"{name} cannot be changed") as refused:
        patched(stored(), {name: "x"})

    assert refused.value.pointer == f"/{name}"


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"mapping": {"email": None}}, "/mapping/email"),
        ({"colour": "red"}, "/colour"),
        ({"segments": [{"name": "Vip", "list_id": "1"}]}, "/segments/0/list_id"),
        ({"guards": {"row_cap": 0}}, "/guards/row_cap"),
    ],
)
def test_a_patch_that_makes_nonsense_is_refused_at_its_place(patch: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        patched(stored(), patch)

    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("patch", "needed"),
    [
        ({"name": "VIP"}, False),
        ({"active": False}, False),
        ({"guards": {"row_cap": 5}, "tags": ["a"], "schedule": "off"}, False),
        ({"active": True}, True),
        ({"connection": "second"}, True),
        ({"list": "VIP"}, True),
        ({"mapping": {"phone": "Phone"}}, True),
        ({"name": "VIP", "segments": []}, True),
    ],
)
def test_only_what_has_to_be_looked_up_or_starts_to_run_is_checked_again(
    patch: dict[str, Any], needed: bool
) -> None:
    assert needs_checking(patch) is needed


@given(PATCHES)
def test_a_patch_changes_nothing_that_it_does_not_name(patch: dict[str, Any]) -> None:
    before = stored(prefer={"column": "Score"}, full_every_days=7)

    after = patched(before, patch).content({})

    untouched = set(type(after).model_fields) - set(patch)
    assert after.model_dump(include=untouched) == before.model_dump(include=untouched)


@given(PATCHES)
def test_the_same_patch_again_changes_nothing(patch: dict[str, Any]) -> None:
    once = patched(stored(), patch).content({})

    twice = patched(stored(**once.model_dump(mode="json")), patch).content({})

    assert twice == once


def test_an_empty_patch_is_what_was_there() -> None:
    before = stored(segments=[{"name": "Vip", "list_id": 2, "tags": ["a"]}], schedule="off")

    assert patched(before, {}).content({}) == before.content


def test_a_draft_says_the_same_as_the_content_it_gives() -> None:
    content = stored(schedule="on_refresh", prefer={"column": "Score"}).content

    assert (
        ExportDraft.model_validate(content.model_dump(mode="json", exclude_none=True)).content({}) == content
    )
