from typing import Any

import pytest

from shared.activecampaign import replies
from shared.activecampaign.model import (
    Accepted,
    AccountLimits,
    Contact,
    CustomField,
    Exclusion,
    MailingList,
    Membership,
    Outcome,
    Page,
    Queue,
    User,
)


def test_a_user_has_an_id_and_a_name_that_is_not_shown() -> None:
    user = replies.user({"user": {"id": "1", "username": "admin"}})

    assert user == User(user_id=1, username="admin")
    assert "admin" not in repr(user)


@pytest.mark.parametrize(
    ("answer", "limit", "total"),
    [
        pytest.param({"subscriber_limit": 1000, "subscriber_total": 20}, 1000, 20, id="numbers"),
        pytest.param({"subscriber_limit": "1000", "subscriber_total": "20"}, 1000, 20, id="text"),
        pytest.param({"subscriber_limit": None}, None, None, id="unknown"),
        pytest.param({"subscriber_limit": "", "subscriber_total": "many"}, None, None, id="no numbers"),
    ],
)
def test_the_allowance_may_be_unknown(answer: dict[str, Any], limit: int | None, total: int | None) -> None:
    assert replies.account_limits(answer) == AccountLimits(subscriber_limit=limit, subscriber_total=total)


@pytest.mark.parametrize(
    ("meta", "total"),
    [({"meta": {"total": "2"}}, 2), ({"meta": {"total": 2}}, 2), ({"meta": []}, None), ({}, None)],
    ids=["text", "number", "PHP's empty object", "none"],
)
def test_a_page_of_lists_tells_the_total_if_it_can(meta: dict[str, Any], total: int | None) -> None:
    page = replies.lists_page({"lists": [{"id": "3", "name": "News"}, {"id": 4, "name": None}], **meta})

    assert page == Page(
        items={3: MailingList(list_id=3, name="News"), 4: MailingList(list_id=4, name="")}, total=total
    )


@pytest.mark.parametrize(
    ("size", "total", "offset", "is_last"),
    [(2, None, 2, True), (3, None, 3, False), (2, 5, 5, True), (3, 5, 3, False), (2, 5, 2, False)],
)
def test_a_page_is_the_last_by_its_total_or_else_by_being_short(
    size: int, total: int | None, offset: int, is_last: bool
) -> None:
    page = Page(items=dict.fromkeys(range(size), "item"), total=total)

    assert page.is_last(offset, limit=3) is is_last


def test_options_come_with_their_field_in_the_order_of_the_form() -> None:
    page = replies.fields_page(
        {
            "fieldOptions": [
                {"field": "1", "orderid": "2", "value": "Large"},
                {"field": "2", "orderid": "1", "value": "Red"},
                {"field": 1, "orderid": 1, "value": "Small"},
            ],
            "fields": [
                {"id": "1", "title": "Size", "type": "dropdown", "perstag": "SIZE"},
                {"id": "2", "title": "Colour", "type": "radio", "perstag": "%COLOUR%"},
            ],
            "meta": {"total": "2"},
        }
    )

    assert page.items == {
        1: CustomField(field_id=1, title="Size", perstag="SIZE", type="dropdown", options=("Small", "Large")),
        2: CustomField(field_id=2, title="Colour", perstag="COLOUR", type="radio", options=("Red",)),
    }


@pytest.mark.parametrize(
    ("told", "type_"),
    [
        ("date", "date"),
        ("listbox", "listbox"),
        (None, "text"),
        ("", "text"),
        ("NULL", "text"),
        ("map", "text"),
    ],
)
def test_a_type_that_is_not_known_is_text(told: str | None, type_: str) -> None:
    page = replies.fields_page({"fieldOptions": None, "fields": [{"id": "1", "type": told}]})

    assert page.items[1].type == type_


@pytest.mark.parametrize(
    ("answer", "queued"),
    [
        ({"Success": 1, "queued_contacts": 2, "batchId": "b"}, 2),
        ({"success": 1, "queued_contacts": "2", "batchId": "b"}, 2),
        ({"batchId": "b"}, 3),
    ],
)
def test_an_accepted_import_has_an_id_and_a_count(answer: dict[str, Any], queued: int) -> None:
    assert replies.accepted(answer, 3) == Accepted(batch_id="b", queued=queued)


@pytest.mark.parametrize("batch_id", ["", None, 5, []])
def test_an_import_without_an_id_is_not_accepted(batch_id: Any) -> None:
    with pytest.raises(ValueError, match="without an id"):
        replies.accepted({"batchId": batch_id}, 3)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (False, "undecided"),
        ("waiting", "undecided"),
        ("claimed", "undecided"),
        ("active", "undecided"),
        ("something new", "undecided"),
        (None, "undecided"),
        ("completed", "completed"),
        ("Failed", "failed"),
        ("interrupted", "interrupted"),
    ],
)
def test_an_outcome_is_undecided_until_it_has_one_of_three_ends(status: Any, state: str) -> None:
    assert replies.outcome({"status": status}).state == state


@pytest.mark.parametrize("failure", [["a@example.com"], {"0": "a@example.com"}], ids=["array", "object"])
def test_failures_are_addresses_that_are_not_shown(failure: Any) -> None:
    outcome = replies.outcome({"status": "completed", "success": ["1"], "failure": failure})

    assert outcome == Outcome(state="completed", failures=("a@example.com",))
    assert "example" not in repr(outcome)


@pytest.mark.parametrize("failure", [None, [], {}, ""])
def test_no_failures_are_none(failure: Any) -> None:
    assert replies.outcome({"status": "completed", "failure": failure}).failures == ()


def test_the_queue_is_summed_over_days() -> None:
    days = [{"batches": "3", "contacts": "750"}, {"batches": 1, "contacts": 10}]

    assert replies.queue({"outstanding": days, "recentlyCompleted": days[:1]}) == Queue(
        outstanding_batches=4, outstanding_contacts=760, completed_batches=3, completed_contacts=750
    )
    assert replies.queue({"outstanding": None}).outstanding_batches == 0


@pytest.mark.parametrize(
    ("told", "bounced"), [("0", False), ("1", True), (2, True), (None, False), ("", False)]
)
def test_a_contact_is_found_and_may_have_bounced(told: Any, bounced: bool) -> None:
    found = replies.contact({"contacts": [{"id": "81", "email": "a@example.com", "bounced_hard": told}]})

    assert found == Contact(contact_id=81, bounced=bounced)
    assert replies.contact({"contacts": []}) is None


def test_a_page_of_contacts_has_their_addresses_by_id() -> None:
    contacts = [{"id": "7", "email": "A@example.com"}, {"id": 9, "email": None}]

    page = replies.addresses_page({"contacts": contacts, "meta": {"total": "2"}})

    assert page == Page(items={7: "A@example.com", 9: ""}, total=2)


def exclusion(**changes: Any) -> Exclusion | None:
    usual = {"id": "1", "matchPhrase": "@Example.com", "matchType": "end", "channel": "several", "lists": []}
    return replies.exclusions_page({"exclusions": [usual | changes], "meta": {"total": 1}}).items[1]


def test_an_exclusion_matches_ends_or_whole_addresses_on_its_lists() -> None:
    everywhere, exact = exclusion(), exclusion(matchType="exact", matchPhrase="a@example.com", lists=["2"])

    assert everywhere is not None
    assert exact is not None
    assert [everywhere.applies(text, {1}) for text in ("a@example.com", "a@example.org")] == [True, False]
    assert [exact.applies("a@example.com", lists) for lists in ({1}, {1, 2})] == [False, True]
    assert not exact.applies("aa@example.com", {2})
    assert "example" not in repr(exact)


@pytest.mark.parametrize("change", [{"channel": "allSms"}, {"matchType": "regex"}, {"matchPhrase": ""}])
def test_an_exclusion_that_concerns_no_address_is_none(change: dict[str, str]) -> None:
    assert exclusion(**change) is None


@pytest.mark.parametrize(
    ("told", "status"),
    [("1", "subscribed"), (2, "unsubscribed"), ("3", "unconfirmed"), ("0", "other"), (91, "other")],
)
def test_memberships_have_a_status(told: Any, status: str) -> None:
    page = replies.memberships_page({"contactLists": [{"list": "5", "contact": "1", "status": told}]})

    membership = page.items[5]
    assert isinstance(membership, Membership)
    assert membership.status == status
