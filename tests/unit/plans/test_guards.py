from typing import Any

import pytest

from shared.exports.export import Guards
from shared.plans.guards import Allowance, Facts, findings
from shared.runs.run import Counts

GUARDS = Guards(growth_factor=2, growth_contacts=100, rejected_share=0.1, row_cap=100_000, shrink_factor=0.5)
ROOM = Allowance(limit=1_000, total=400)


def codes(
    *,
    contacts: int = 500,
    read: int | None = None,
    rejected: int = 0,
    new: int = 0,
    previous: int | None = 500,
    allowance: Allowance | None = ROOM,
    missing: tuple[str, ...] = (),
    **guards: Any,
) -> list[tuple[str, bool]]:
    counts = Counts(read=contacts if read is None else read, rejected=rejected, contacts=contacts)
    facts = Facts(counts=counts, new=new, previous=previous, allowance=allowance, missing_columns=missing)
    found = findings(facts, GUARDS.model_copy(update=guards))
    return [(finding.code, finding.holds) for finding in found]


def test_nothing_is_noticed_in_a_usual_plan() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("previous", "contacts", "held"),
    [
        (500, 1_000, False),
        (500, 1_001, True),
        (50, 150, False),
        (50, 151, True),
        (0, 100, False),
        (0, 101, True),
    ],
)
def test_growth_holds_beyond_both_the_factor_and_the_number(previous: int, contacts: int, held: bool) -> None:
    assert codes(previous=previous, contacts=contacts) == ([("growth", True)] if held else [])


def test_a_first_run_neither_grew_nor_shrank() -> None:
    assert codes(previous=None, contacts=90_000) == []
    assert codes(previous=None, contacts=1) == []


@pytest.mark.parametrize(("contacts", "warned"), [(250, False), (249, True), (1, True)])
def test_shrinking_below_the_factor_warns(contacts: int, warned: bool) -> None:
    assert codes(contacts=contacts) == ([("shrinkage", False)] if warned else [])


@pytest.mark.parametrize("previous", [None, 500])
def test_an_empty_segment_warns_once(previous: int | None) -> None:
    assert codes(contacts=0, previous=previous) == [("empty", False)]


@pytest.mark.parametrize(("rejected", "held"), [(100, False), (101, True)])
def test_more_than_the_share_of_rejected_rows_holds(rejected: int, held: bool) -> None:
    assert codes(read=1_000, rejected=rejected) == ([("rejections", True)] if held else [])


def test_no_rows_are_no_rejections() -> None:
    assert codes(contacts=0, read=0, rejected=0, rejected_share=0) == [("empty", False)]


@pytest.mark.parametrize(("read", "held"), [(100_000, False), (100_001, True)])
def test_more_rows_than_the_cap_hold(read: int, held: bool) -> None:
    assert codes(read=read) == ([("row_cap", True)] if held else [])


@pytest.mark.parametrize(("new", "held"), [(600, False), (601, True)])
def test_more_new_contacts_than_the_account_has_room_for_hold(new: int, held: bool) -> None:
    assert codes(new=new) == ([("allowance", True)] if held else [])


def test_an_account_that_is_over_its_limit_holds_only_what_is_new() -> None:
    full = Allowance(limit=1_000, total=1_200)

    assert codes(new=0, allowance=full) == []
    assert codes(new=1, allowance=full) == [("allowance", True)]


def test_an_account_that_does_not_tell_its_allowance_warns() -> None:
    assert codes(allowance=None, new=10**9) == [("allowance_unknown", False)]


def test_each_missing_column_holds_in_its_own_words() -> None:
    facts = Facts(
        counts=Counts(read=5, contacts=5), new=0, previous=5, allowance=ROOM, missing_columns=("one", "two")
    )

    found = findings(facts, GUARDS)

    assert [(finding.code, finding.message, finding.holds) for finding in found] == [
        ("column_missing", "one", True),
        ("column_missing", "two", True),
    ]


def test_what_holds_is_told_first_and_with_its_numbers() -> None:
    facts = Facts(
        counts=Counts(read=200_000, contacts=1_200, rejected=150_000),
        new=700,
        previous=3_000,
        allowance=ROOM,
        missing_columns=(),
    )

    found = findings(facts, GUARDS)

    assert [finding.code for finding in found] == ["row_cap", "rejections", "allowance", "shrinkage"]
    assert [finding.message for finding in found] == [
        "200,000 rows are more than the cap of 100,000",
        "150,000 rows are rejected: 75.0% where 10% is allowed",
        "700 contacts are new to this export and the account has room for 600",
        "the segments shrank from 3,000 to 1,200 contacts",
    ]
