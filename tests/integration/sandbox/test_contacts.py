import pytest

from tests.integration.sandbox.api import Api, people
from tests.integration.sandbox.conftest import Open
from tools.sandbox import Person, Status


async def test_sync_creates_with_201_and_a_short_body_then_updates_with_200_and_a_full_one(api: Api) -> None:
    created = await api.post("contact/sync", {"contact": {"email": "jane@example.com", "firstName": "Jane"}})
    updated = await api.post("contact/sync", {"contact": {"email": "JANE@example.com", "phone": "1"}})

    assert (created.status, updated.status) == (201, 200)
    assert created.json["contact"]["id"] == updated.json["contact"]["id"] == "1"
    assert "sentcnt" not in created.json["contact"]
    assert updated.json["contact"]["sentcnt"] == "0"
    assert updated.json["contact"]["firstName"] == "Jane"
    assert updated.json["contact"]["phone"] == "1"
    assert len(updated.json["contact"]["links"]) == 18


@pytest.mark.parametrize("status", [200, 201])
async def test_sync_may_always_answer_the_same_status(open_api: Open, status: int) -> None:
    api = await open_api(sync_status=status)

    statuses = [
        (await api.post("contact/sync", {"contact": {"email": "j@example.com"}})).status for _ in range(2)
    ]

    assert statuses == [status, status]


async def test_sync_writes_known_fields_and_ignores_others(api: Api) -> None:
    colour = api.sandbox.add_field("Colour")
    values = [{"field": str(colour), "value": "red"}, {"field": "99", "value": "x"}]

    reply = await api.post("contact/sync", {"contact": {"email": "jane@example.com", "fieldValues": values}})

    assert [one["value"] for one in reply.json["fieldValues"]] == ["red"]
    assert reply.json["contact"]["fieldValues"] == [reply.json["fieldValues"][0]["id"]]


async def test_sync_without_an_address_is_a_400_and_with_a_bad_one_a_422(api: Api) -> None:
    missing = await api.post("contact/sync", {"contact": {"firstName": "Jane"}})
    bad = await api.post("contact/sync", {"contact": {"email": "jane"}})

    assert missing.status == 400
    assert missing.json["errors"] == [
        {"status": 400, "title": "Bad Request", "detail": "Contact email must be provided for sync"}
    ]
    assert bad.status == 422
    assert bad.json["errors"][0]["code"] == "email_invalid"


@pytest.mark.parametrize(
    "document", [[], {"contact": 1}, {"contact": {"email": "j@example.com", "lists": [{"id": 1}]}}]
)
async def test_sync_of_a_wrong_shape_is_a_400(api: Api, document: object) -> None:
    assert (await api.post("contact/sync", document)).status == 400


async def test_sync_with_an_unknown_inline_list_writes_nothing(api: Api) -> None:
    contact = {"email": "jane@example.com", "lists": [{"list": 1}, {"list": 9}]}

    reply = await api.post("contact/sync", {"contact": contact})

    assert reply.json == {"message": "No Result found for _List with id 9"}
    assert api.sandbox.contact("jane@example.com") is None


async def test_a_contact_is_found_by_its_exact_address(api: Api) -> None:
    api.sandbox.add_person(Person(email="jane+tag@example.com", first_name="Jane"))

    found = await api.get("contacts", email="Jane+Tag@example.com")
    missing = await api.get("contacts", email="jane@example.com")

    assert found.json["contacts"][0]["firstName"] == "Jane"
    assert found.json["meta"]["total"] == "1"
    assert found.json["meta"]["page_input"]["status"] == -1
    assert (missing.json["contacts"], missing.json["meta"]["total"]) == ([], "0")


async def test_contacts_page_by_offset_and_by_greater_id(api: Api) -> None:
    await api.bulk(*people(45))

    first = (await api.get("contacts")).json
    by_offset = (await api.get("contacts", limit=30, offset=40)).json
    by_id = (await api.send("GET", "contacts", params={"id_greater": "40", "orders[id]": "ASC"})).json
    newest = (await api.send("GET", "contacts", params={"limit": "1", "orders[id]": "DESC"})).json

    assert len(first["contacts"]) == 20
    assert first["meta"]["total"] == "45"
    assert [one["id"] for one in by_offset["contacts"]] == ["41", "42", "43", "44", "45"]
    assert by_id["contacts"] == by_offset["contacts"]
    assert newest["contacts"][0]["id"] == "45"


async def test_contacts_are_filtered_by_list_status_tag_and_part_of_the_address(api: Api) -> None:
    api.sandbox.add_person(Person(email="a@example.com", lists={1: "active"}, tags=("gold",)))
    api.sandbox.add_person(Person(email="b@example.com", lists={1: "unsubscribed", 2: "active"}))
    api.sandbox.add_person(Person(email="c@example.net", lists={1: "unconfirmed"}))
    api.sandbox.bounce("d@example.net")

    async def found(**query: object) -> tuple[str, str]:
        document = (await api.get("contacts", **query)).json
        return "".join(one["email"][0] for one in document["contacts"]), document["meta"]["total"]

    assert await found(listid=1) == ("abc", "3")
    assert await found(listid=1, status=1) == ("a", "1")
    assert await found(listid=1, status=2) == ("b", "1")
    assert await found(listid=1, status=0) == ("c", "1")
    assert await found(status=1) == ("ab", "2")
    assert await found(status=3) == ("d", "1")
    assert await found(status=7) == ("", "0")
    assert await found(tagid=1) == ("a", "1")
    assert await found(email_like="NET") == ("cd", "2")


async def test_one_contact_comes_with_its_lists_and_fields_in_the_accounts_time_zone(api: Api) -> None:
    seen = api.sandbox.add_field("Last seen", type="datetime")
    api.sandbox.add_person(
        Person(
            email="jane@example.com",
            lists={2: "active"},
            fields={seen: "2026-01-01T00:30:00+00:00"},
        )
    )

    document = (await api.get("contacts/1")).json

    assert document["contact"]["email"] == "jane@example.com"
    assert document["fieldValues"][0]["value"] == "2025-12-31T19:30:00-05:00"
    assert document["contactLists"][0]["status"] == "1"


async def test_a_datetime_that_is_none_or_has_no_zone_stays_as_it_is(api: Api) -> None:
    seen, other = (api.sandbox.add_field(title, type="datetime") for title in ("Seen", "Other"))
    api.sandbox.add_person(Person(email="j@example.com", fields={seen: "soon", other: "2026-01-01T00:00"}))

    values = (await api.get("contacts/1")).json["fieldValues"]

    assert [one["value"] for one in values] == ["soon", "2026-01-01T00:00"]


async def test_a_deleted_contact_is_unknown_and_comes_back_as_another(api: Api) -> None:
    await api.bulk(*people(2))

    first = await api.send("DELETE", "contacts/1")
    second = await api.send("DELETE", "contacts/1")
    left = api.sandbox.members(1)
    await api.bulk(*people(1))

    assert (first.status, first.json) == (200, {})
    assert (second.status, second.json) == (404, {"message": "No Result found for Subscriber with id 1"})
    assert left == {"person.1@example.com"}
    assert (await api.get("contacts", email="person.0@example.com")).json["contacts"][0]["id"] == "3"


@pytest.mark.parametrize("path", ["contacts/9", "contacts/9/contactLists"])
async def test_an_unknown_contact_is_a_404(api: Api, path: str) -> None:
    assert (await api.get(path)).json == {"message": "No Result found for Subscriber with id 9"}


@pytest.mark.parametrize(("form", "ids"), [("numbers", (1, 2)), ("strings", ("1", "2"))])
async def test_a_membership_is_posted_with_ids_as_numbers_or_strings(
    open_api: Open, form: str, ids: tuple[object, object]
) -> None:
    api = await open_api(membership_ids=form)
    api.sandbox.add_person(Person(email="jane@example.com"))

    document = (
        await api.post("contactLists", {"contactList": {"list": "2", "contact": "1", "status": "3"}})
    ).json

    assert (document["contactList"]["contact"], document["contactList"]["list"]) == ids
    assert document["contactList"]["status"] == 3
    assert document["contactList"]["sourceid"] == 4
    assert document["contacts"][0]["email"] == "jane@example.com"


async def test_posting_the_same_pair_again_updates_the_membership(api: Api) -> None:
    api.sandbox.add_person(Person(email="jane@example.com"))

    replies = [
        await api.post("contactLists", {"contactList": {"list": 1, "contact": 1, "status": status}})
        for status in (1, 2)
    ]

    assert replies[0].json["contactList"]["id"] == replies[1].json["contactList"]["id"]
    assert api.sandbox.members(1, Status.UNSUBSCRIBED) == {"jane@example.com"}
    assert (await api.get("contacts/1/contactLists")).json["contactLists"][0]["status"] == "2"


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"list": 1, "contact": 1, "status": 9}, 422),
        ({"list": 1, "contact": 1}, 422),
        ({"list": 9, "contact": 1, "status": 1}, 404),
        ({"list": 1, "contact": 9, "status": 1}, 404),
        ([], 422),
    ],
)
async def test_a_membership_that_cannot_be_is_refused(api: Api, document: object, status: int) -> None:
    api.sandbox.add_person(Person(email="jane@example.com"))

    assert (await api.post("contactLists", {"contactList": document})).status == status


async def test_memberships_are_listed_and_filtered(api: Api) -> None:
    api.sandbox.add_person(Person(email="a@example.com", lists={1: "active", 2: "unsubscribed"}))
    api.sandbox.add_person(Person(email="b@example.com", lists={1: "active"}))

    every = (await api.get("contactLists", limit=2)).json
    chosen = (await api.send("GET", "contactLists", params={"filters[list]": 1, "filters[contact]": 2})).json
    opted_out = (await api.send("GET", "contactLists", params={"filters[status]": 2})).json
    strange = (await api.send("GET", "contactLists", params={"filters[status]": 91})).json

    assert (len(every["contactLists"]), every["meta"]["total"]) == (2, "3")
    assert [one["contact"] for one in chosen["contactLists"]] == ["2"]
    assert [(one["contact"], one["list"]) for one in opted_out["contactLists"]] == [("1", "2")]
    assert (opted_out["meta"]["total"], chosen["meta"]["total"], strange["meta"]["total"]) == ("1", "1", "0")


async def test_a_membership_of_a_wrong_shape_is_refused(api: Api) -> None:
    assert (await api.post("contactLists", [])).status == 422
