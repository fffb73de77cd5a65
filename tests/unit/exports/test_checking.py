"""What is found when an export is saved, and where."""

from typing import Any

import pytest

from shared.errors import AccessDenied, ConfigurationError, InvalidInput, StateUnavailable, Unavailable
from tests.builders import custom_field
from tests.unit.exports.stored import Account, World, connection, mailing_list, places, stored, warned

LISTS = (
    mailing_list(1, "Newsletter"),
    mailing_list(2, "VIP"),
    mailing_list(3, "vip"),
    mailing_list(4, "Offers "),
)


def world(**changes: Any) -> World:
    return World(account=Account(lists_=LISTS, fields_=[custom_field(7), custom_field(8)]), **changes)


async def test_a_draft_that_is_right_gives_what_is_stored() -> None:
    checked = await world().check(segments=[{"name": "Vip", "list_id": 2, "tags": ["vip"]}])

    assert (checked.problems, checked.warnings) == ((), ())
    assert checked.content is not None
    assert checked.content.segments[0].list_id == 2
    assert checked.required() == checked.content


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"connection": "other"}, ["/connection"]),
        ({"list_id": 9}, ["/list_id"]),
        ({"list_id": None}, ["/list_id"]),
        ({"list": "Newsletter"}, ["/list"]),
        ({"list_id": None, "list": "Newsletters"}, ["/list"]),
        ({"list_id": None, "list": "Vip"}, ["/list"]),
        ({"segments": [{"name": "Vip", "list_id": 9}]}, ["/segments/0/list_id"]),
        ({"segments": [{"name": "Vip", "list": "none"}]}, ["/segments/0/list"]),
        ({"segments": [{"name": "Vip", "list": "VIP", "list_id": 2}]}, ["/segments/0/list"]),
        ({"honour_opt_outs_of": [1, 9]}, ["/honour_opt_outs_of/1"]),
        ({"segments": [{"name": "Vip"}, {"name": "Vip"}]}, ["/segments/1/name"]),
        ({"segments": [{"name": "Vip"}, {"name": "Gone"}]}, ["/segments/1/name"]),
        ({"mapping": {"email": "Mail"}}, ["/mapping/email"]),
        ({"mapping": {"email": "EMail", "phone": "Phone"}}, ["/mapping/phone"]),
        ({"mapping": {"email": "EMail", "fields": {"7": "Town"}}}, ["/mapping/fields/7"]),
        ({"mapping": {"email": "EMail", "fields": {"a/b~c": "Score"}}}, ["/mapping/fields/a~1b~0c"]),
        (
            {"mapping": {"email": "EMail", "fields": {"7": "Score", "FIELD_7": "Score"}}},
            ["/mapping/fields/FIELD_7"],
        ),
        ({"prefer": {"column": "Newest"}}, ["/prefer/column"]),
    ],
)
async def test_what_is_not_there_is_named_by_its_place(changes: dict[str, Any], pointers: list[str]) -> None:
    checked = await world().check(**changes)

    assert places(checked) == pointers
    assert checked.content is None


async def test_everything_that_is_wrong_is_found_at_once() -> None:
    checked = await world().check(
        list_id=9, segments=[{"name": "Gone"}, {"name": "Vip"}], prefer={"column": "x"}
    )

    assert places(checked) == ["/list_id", "/prefer/column", "/segments/0/name"]


async def test_the_first_problem_is_raised_with_the_way_to_the_others() -> None:
    checked = await world().check(list_id=9, mapping={"email": "Mail"})

    with pytest.raises(InvalidInput, match="and 1 more; POST /api/exports/validate") as refused:
        checked.required()

    assert refused.value.pointer in ("/list_id", "/mapping/email")


@pytest.mark.parametrize(
    ("name", "list_id"), [("Newsletter", 1), ("newsletter", 1), ("vip", 3), ("offers", 4)]
)
async def test_a_list_given_by_name_is_stored_by_its_id(name: str, list_id: int) -> None:
    checked = await world().check(list_id=None, list=name, segments=[{"name": "Vip", "list": name}])

    assert checked.content is not None
    assert (checked.content.list_id, checked.content.segments[0].list_id) == (list_id, list_id)


async def test_a_name_that_several_lists_have_is_answered_with_their_ids() -> None:
    (problem,) = (await world().check(list_id=None, list="Vip")).problems

    assert (
        problem.message
        == "ActiveCampaign has several lists named 'Vip'; give one of their ids 2, 3 as list_id"
    )


async def test_a_list_that_is_not_there_is_answered_with_those_that_are() -> None:
    checked = await world().check(list_id=9, honour_opt_outs_of=[8])

    assert {problem.message.partition("; ")[2] for problem in checked.problems} == {
        "there are 1 (Newsletter), 2 (VIP), 3 (vip), 4 (Offers )"
    }


async def test_a_misspelt_list_is_answered_with_the_nearest() -> None:
    (problem,) = (await world().check(list_id=None, list="Newsleter")).problems

    assert problem.message == "ActiveCampaign has no list named 'Newsleter'; there are 1 (Newsletter)"


async def test_custom_fields_are_asked_for_only_where_one_is_mapped() -> None:
    without, with_field = world(), world()

    await without.check()
    await with_field.check(mapping={"email": "EMail", "fields": {"7": "Score"}})

    assert without.account.asked == ["lists"]
    assert sorted(with_field.account.asked) == ["fields", "lists"]


@pytest.mark.parametrize(
    "fault",
    [
        Unavailable("no answer"),
        AccessDenied("the key is refused"),
        ConfigurationError("no secret"),
        StateUnavailable("vault"),
    ],
)
async def test_an_account_that_cannot_be_asked_is_a_warning(fault: Exception) -> None:
    checked = await World(account=Account(fault=fault)).check(list_id=9)

    assert checked.content is not None
    assert [(warning.pointer, str(fault) in warning.message) for warning in checked.warnings] == [
        ("/connection", True)
    ]


async def test_a_list_by_name_needs_an_account_that_answers() -> None:
    checked = await World(account=Account(fault=Unavailable("no answer"))).check(
        list_id=None, list="Newsletter"
    )

    assert places(checked) == ["/list"]


async def test_without_a_connection_an_export_can_be_saved_with_the_ids_of_lists_only() -> None:
    by_id = await world().check(connection=None)
    by_name = await world().check(connection=None, list_id=None, list="Newsletter")

    assert (warned(by_id), by_id.content is not None) == (["/connection"], True)
    assert places(by_name) == ["/list"]


async def test_a_connection_over_which_nothing_runs_is_a_warning() -> None:
    checked = await world(connections=[connection(active=False)]).check()

    assert [warning.message for warning in checked.warnings] == [
        "the connection 'main' is paused, so nothing runs over it"
    ]


async def test_an_active_export_that_feeds_the_same_list_is_a_warning() -> None:
    other = stored("other", name="Other", list_id=9, segments=[{"name": "a", "list_id": 2}])

    checked = await world(exports=[other]).check(segments=[{"name": "Vip", "list_id": 2}])

    assert [(one.pointer, one.message) for one in checked.warnings] == [
        ("/list_id", "the export 'other' (Other) feeds list 2, too")
    ]


@pytest.mark.parametrize(
    ("account", "warnings"), [("acme", ["/list_id"]), ("globex", [])], ids=["same account", "another account"]
)
async def test_lists_of_one_account_are_the_same_through_every_connection(
    account: str, warnings: list[str]
) -> None:
    connections = [connection(), connection("second", account=account)]

    checked = await world(connections=connections, exports=[stored(connection="second")]).check()

    assert warned(checked) == warnings


@pytest.mark.parametrize(
    "other",
    [
        stored("vip"),
        stored("other", active=False),
        stored("other", connection=None),
        stored("other", list_id=2),
        stored("other", connection="gone"),
    ],
    ids=["itself", "not active", "detached", "another list", "its connection is gone"],
)
async def test_who_feeds_no_list_of_it_is_no_neighbour(other: Any) -> None:
    checked = await world(exports=[other]).check("vip")

    assert checked.warnings == ()
