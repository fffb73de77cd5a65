import json
from typing import Any

import pytest

from shared.contacts.mapping import DIGEST, Candidate
from shared.plans.chunks import Kind, Planned
from shared.plans.ledger import Known
from shared.plans.merge import Audience, Merge, Rules
from tests.builders import KEYS, candidate

CONTENT = KEYS.hashing.content_hasher("acme")
IMPORTED, FAILED, REFUSED = 1, 2, 3


def rules(**changes: Any) -> Rules:
    usual: dict[str, Any] = {
        "columns": ("email", "first_name"),
        "audiences": (Audience(list_id=1, tags=("all", "vip")), Audience(list_id=2, tags=("all", "new"))),
        "when_empty": "keep",
        "take": "greatest",
        "automations": "never",
        "joiners_known": True,
        "full": False,
        "resend_withheld": False,
    }
    return Rules(**usual | changes)


def merge(**changes: Any) -> Merge:
    return Merge(rules=rules(**changes), content=CONTENT, room=200)


def sent(
    made: Merge, *candidates: Candidate, known: dict[bytes, Known] | None = None
) -> list[dict[str, Any]]:
    return [json.loads(contact) for _, (contact, *_) in planned(made, *candidates, known=known)]


def planned(
    made: Merge, *candidates: Candidate, known: dict[bytes, Known] | None = None
) -> list[tuple[Kind, Planned]]:
    merged = made.bucket(list(candidates), known or {})
    return [(kind, contact) for kind, contacts in merged.planned.items() for contact in contacts]


def remembered(one: Candidate, outcome: int) -> dict[bytes, Known]:
    """What the ledger knows after this candidate was sent."""
    ((_, (_, content, *_)),) = planned(merge(), one)
    return {one[DIGEST]: Known(content, outcome)}


ANN = candidate("ann@example.com", "Ann", key="7", partition=2, row=9)
CHANGED = candidate("ann@example.com", "Anna")


def test_a_contact_carries_the_row_it_came_from_and_the_hash_of_what_is_sent() -> None:
    ((_, (contact, content, digest, origin)),) = planned(merge(), ANN)

    assert (content, digest, origin) == (CONTENT(contact), ANN[DIGEST], (0, 2, 9, "7"))
    assert json.loads(contact) == {
        "email": "ann@example.com",
        "first_name": "Ann",
        "tags": ["all", "vip"],
        "subscribe": [{"listid": 1}],
    }


def test_an_address_that_is_new_is_sent() -> None:
    made = merge()

    assert len(sent(made, ANN)) == 1
    assert (made.tally.contacts, made.tally.new, made.tally.matched) == (1, 1, 0)


@pytest.mark.parametrize(
    ("outcome", "changes", "is_sent", "unchanged", "withheld"),
    [
        (IMPORTED, {}, False, 1, 0),
        (FAILED, {}, False, 0, 1),
        (REFUSED, {}, False, 0, 1),
        (FAILED, {"resend_withheld": True}, True, 0, 0),
        (REFUSED, {"resend_withheld": True}, True, 0, 0),
        (IMPORTED, {"resend_withheld": True}, False, 1, 0),
        (IMPORTED, {"full": True}, True, 0, 0),
        (FAILED, {"full": True}, True, 0, 0),
    ],
)
def test_the_same_content_is_sent_again_only_where_that_is_asked_for(
    outcome: int, changes: dict[str, Any], is_sent: bool, unchanged: int, withheld: int
) -> None:
    made = merge(**changes)

    found = sent(made, ANN, known=remembered(ANN, outcome))

    assert bool(found) == is_sent
    assert (made.tally.contacts, made.tally.unchanged, made.tally.withheld) == (1, unchanged, withheld)
    assert (made.tally.new, made.tally.matched, made.tally.changed) == (0, 1, 0)


@pytest.mark.parametrize("outcome", [IMPORTED, FAILED, REFUSED])
def test_changed_content_is_sent_whatever_became_of_the_last(outcome: int) -> None:
    made = merge()

    assert len(sent(made, CHANGED, known=remembered(ANN, outcome))) == 1
    assert (made.tally.changed, made.tally.new, made.tally.withheld) == (1, 0, 0)


def test_another_list_tag_or_account_is_a_change() -> None:
    known = remembered(ANN, IMPORTED)
    moved = merge(audiences=(Audience(list_id=3, tags=("all", "vip")),))
    tagged = merge(audiences=(Audience(list_id=1, tags=("all",)),))
    elsewhere = Merge(rules=rules(), content=KEYS.hashing.content_hasher("other"), room=1_000)

    assert [len(sent(made, ANN, known=known)) for made in (moved, tagged, elsewhere)] == [1, 1, 1]


def test_an_address_of_several_segments_gets_all_their_lists_and_tags_once() -> None:
    made = merge()

    (contact,) = sent(made, candidate("a@b.de", "Second", segment=1), candidate("a@b.de", "First", segment=0))

    assert contact["subscribe"] == [{"listid": 1}, {"listid": 2}]
    assert contact["tags"] == ["all", "vip", "new"]
    assert contact["first_name"] == "First"
    assert (made.tally.contacts, made.tally.duplicate) == (1, 1)


def test_segments_into_the_same_list_subscribe_once() -> None:
    made = merge(audiences=(Audience(list_id=1, tags=()), Audience(list_id=1, tags=())))

    (contact,) = sent(made, candidate("a@b.de", "", segment=0), candidate("a@b.de", "", segment=1))

    assert contact == {"email": "a@b.de", "subscribe": [{"listid": 1}]}


@pytest.mark.parametrize(("when_empty", "expected"), [("keep", {}), ("clear", {"first_name": ""})])
def test_an_empty_value_is_left_out_or_sent_to_clear(when_empty: str, expected: dict[str, str]) -> None:
    (contact,) = sent(merge(when_empty=when_empty), candidate("a@b.de", ""))

    assert {name: value for name, value in contact.items() if name == "first_name"} == expected


@pytest.mark.parametrize("when_empty", ["keep", "clear"])
def test_a_value_that_is_left_out_never_clears(when_empty: str) -> None:
    (contact,) = sent(merge(when_empty=when_empty), candidate("a@b.de", None))

    assert "first_name" not in contact


@pytest.mark.parametrize(
    ("changes", "known", "kind"),
    [
        ({"automations": "joiners"}, False, "joiners"),
        ({"automations": "joiners"}, True, "plain"),
        ({"automations": "joiners", "joiners_known": False}, False, "plain"),
        ({"automations": "always"}, False, "plain"),
        ({"automations": "never"}, False, "plain"),
    ],
)
def test_only_new_addresses_are_joiners_and_only_where_that_is_known_and_asked_for(
    changes: dict[str, Any], known: bool, kind: str
) -> None:
    before = {CHANGED[0]: Known(b"old", IMPORTED)} if known else {}

    ((found, _),) = planned(merge(**changes), CHANGED, known=before)

    assert found == kind


def test_a_doubtful_address_goes_apart_even_as_a_joiner() -> None:
    ((kind, _),) = planned(merge(automations="joiners"), candidate("o'neil@example.com", ""))

    assert kind == "doubtful"


def test_a_contact_too_large_is_neither_planned_nor_counted_as_a_contact() -> None:
    made = merge()
    big = candidate("ann@example.com", "x" * 200, row=3)

    merged = made.bucket([big, candidate("ann@example.com", "y" * 201)], {})

    assert merged.planned == {"plain": [], "joiners": [], "doubtful": []}
    assert merged.too_large == [(0, 0, 3, "")]
    assert (made.tally.contacts, made.tally.duplicate, made.tally.new) == (0, 1, 0)


def test_a_known_address_that_became_too_large_has_not_left_the_segment() -> None:
    made = merge()

    made.bucket([candidate("ann@example.com", "x" * 200)], remembered(ANN, IMPORTED))

    assert made.tally.matched == 1


def test_a_suppressed_address_is_counted_and_not_sent_even_in_a_full_run() -> None:
    made = merge(full=True)
    made.suppressed = {"ann@example.com"}.__contains__

    found = sent(made, ANN, candidate("bob@example.com", "Bob"), known=remembered(ANN, IMPORTED))

    assert [contact["email"] for contact in found] == ["bob@example.com"]
    assert (made.tally.contacts, made.tally.suppressed, made.tally.unchanged) == (2, 1, 0)


def test_contacts_come_in_the_order_of_their_digests() -> None:
    rows = [candidate(f"{number}@example.com", "") for number in range(50)]

    merged = merge().bucket(rows, {})

    digests = [digest for _, _, digest, _ in merged.planned["plain"]]
    assert digests == sorted(digests)
    assert len(digests) == 50
