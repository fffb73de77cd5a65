"""The judge notices each promise that is broken; otherwise the suite would prove nothing."""

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.facts import LIMITS, Facts, broken_limits, broken_promises, sent_twice

ARRIVED = {
    "read": 5, "rejected": 1, "duplicate": 0, "contacts": 4, "unchanged": 0, "withheld": 0, "suppressed": 0,
    "planned": 4, "imported": 3, "failed": 1, "refused": 0, "unconfirmed": 0, "unsent": 0,
}  # fmt: skip
NOTHING_TO_DO = ARRIVED | {"unchanged": 3, "withheld": 1, "planned": 0, "imported": 0, "failed": 0}
WELL = Facts(
    wanted=frozenset("abc"),
    opted_out=frozenset("x"),
    active=frozenset("abc"),
    runs=({"counts": ARRIVED},),
    last={"counts": NOTHING_TO_DO},
)
QUIET = dict.fromkeys(LIMITS, 0) | {"over_limit": 0, "early_requests": 0, "resubscribed": 0}


def counted(**changes: int) -> tuple[dict[str, Any], ...]:
    return ({"counts": ARRIVED | changes},)


def test_nothing_is_broken_where_all_is_well() -> None:
    assert broken_promises(WELL) == []
    assert broken_promises(replace(WELL, last=None)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"active": frozenset("ab")}, "1 contacts are missing"),
        ({"active": frozenset("abcx")}, "1 people who opted out are active"),
        ({"active": frozenset("abcs")}, "1 strangers are on the list"),
        ({"runs": counted(read=6)}, "1 reports do not add up"),
        ({"runs": counted(imported=2, unsent=1)}, "1 contacts are reported otherwise than imported"),
        ({"runs": counted(failed=0, refused=1)}, "1 failures are reported otherwise than made"),
        ({"last": {"counts": NOTHING_TO_DO | {"planned": 1}}}, "1 contacts are planned again"),
        ({"wanted": frozenset(), "active": frozenset()}, "1 exports expected nobody, which shows nothing"),
        ({"sent_last": 250}, "250 contacts are sent again"),
    ],
)  # fmt: skip
def test_a_broken_promise_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in broken_promises(replace(WELL, **changes))


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_may_be_reached_and_not_passed(limit: str) -> None:
    most = LIMITS[limit]

    assert broken_limits(QUIET | {limit: most}) == []
    assert broken_limits(QUIET | {limit: most + 1}) == [f"{limit} {most + 1} of {most}"]


@pytest.mark.parametrize("kind", ["over_limit", "early_requests", "resubscribed"])
def test_what_the_account_refused_or_never_should_have_seen_is_said(kind: str) -> None:
    assert len(broken_limits(QUIET | {kind: 1})) == 1


def test_contacts_accepted_again_count_whether_changed_or_not() -> None:
    assert sent_twice({"repeated_same": 3, "repeated_changed": 2}) == 5
