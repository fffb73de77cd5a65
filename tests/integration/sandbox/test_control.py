import hashlib

import pytest

from tests.integration.sandbox.api import Api, people, person
from tests.integration.sandbox.conftest import Open
from tools.sandbox import Knobs, Person, Sandbox


async def test_state_sums_up_the_account(api: Api) -> None:
    api.sandbox.unsubscribe("joe@example.com", 1)
    await api.bulk(*people(3))

    state = (await api.control("GET", "state")).json

    assert (state["contacts"], state["subscribers"]) == (4, 3)
    assert state["lists"][0] == {
        "id": 1, "name": "Newsletter", "none": 0, "active": 3, "unsubscribed": 1, "unconfirmed": 0,
    }  # fmt: skip
    assert state["batches"] == {"completed": 1}


async def test_control_requests_leave_no_evidence_and_need_no_key(api: Api) -> None:
    await api.control("GET", "state")

    assert (await api.control("GET", "evidence")).json["requests"] == 0


async def test_batches_and_repeats_come_in_pages(api: Api) -> None:
    for _ in range(3):
        await api.bulk(*people(2))

    batches = (await api.control("GET", "evidence/batches?limit=1&offset=1")).json
    repeats = (await api.control("GET", "evidence/repeats?limit=1")).json
    times = (await api.control("GET", "evidence/accepted?email=person.0@example.com")).json

    assert (len(batches["batches"]), batches["total"]) == (1, 3)
    assert repeats == {"repeats": {"person.0@example.com": {"same": 2, "changed": 0}}, "total": 2}
    assert times == {"times": 3}


async def test_members_are_paged_in_order_with_a_hash_over_all(api: Api) -> None:
    await api.bulk(person("b"), person("A"), person("c"))

    page = (await api.control("GET", "lists/1/members?limit=2")).json
    nobody = (await api.control("GET", "lists/1/members?status=unsubscribed")).json
    anybody = (await api.control("GET", "lists/1/members?status=any")).json

    assert page["members"] == ["a@example.com", "b@example.com"]
    assert page["total"] == 3
    assert page["sha256"] == hashlib.sha256(b"a@example.com\nb@example.com\nc@example.com\n").hexdigest()
    assert nobody["total"] == 0
    assert anybody["sha256"] == page["sha256"]


async def test_an_account_is_furnished_over_http(api: Api) -> None:
    list_id = (await api.control("POST", "lists", {"name": "Third"})).json["id"]
    field = {"title": "Colour", "type": "dropdown", "options": ["red"]}
    field_id = (await api.control("POST", "fields", field)).json["id"]
    jane = {
        "email": "jane@example.com",
        "fields": {field_id: "red"},
        "lists": {list_id: "active"},
        "tags": ["x"],
    }
    await api.control("POST", "people", {"people": [jane]})
    await api.control("POST", "exclusions", {"phrase": "@example.net", "match": "end"})

    contact = (await api.control("GET", "contact?email=JANE@example.com")).json

    assert contact["fields"] == {"1": "red"}
    assert contact["lists"] == {"3": "active"}
    assert contact["tags"] == ["x"]
    assert (await api.bulk({"email": "x@example.net"})).json["queued_contacts"] == 0
    assert (await api.control("GET", "contact?email=nobody@example.com")).status == 404


async def test_a_list_is_deleted_over_http(api: Api) -> None:
    await api.bulk(person(), person("joe", subscribe=[{"listid": 2}]))

    await api.control("DELETE", "lists/1")

    assert (await api.get("lists/1")).status == 404
    assert (await api.control("GET", "state")).json["subscribers"] == 1
    assert (await api.get("contacts/1/contactLists")).json == {"contactLists": []}


async def test_knobs_are_read_and_turned_over_http(api: Api) -> None:
    changed = await api.control("PATCH", "knobs", {"unknown_batch": 404, "start_delay": [1, 2]})

    assert changed.json["unknown_batch"] == 404
    assert changed.json["start_delay"] == [1.0, 2.0]
    assert (await api.get("import/info", batchId="x")).status == 404


@pytest.mark.parametrize("change", [{"unknown_batch": 500}, {"no_such_knob": 1}, {"workers": 0}])
async def test_a_wrong_knob_is_named_and_changes_nothing(api: Api, change: dict[str, object]) -> None:
    before = api.sandbox.account.knobs

    reply = await api.control("PATCH", "knobs", change)

    assert reply.status == 400
    assert next(iter(change)) in reply.json["error"]
    assert api.sandbox.account.knobs == before


async def test_faults_are_set_read_and_cleared_over_http(api: Api) -> None:
    await api.control("POST", "faults", {"kind": "html_error", "at": [1], "status": 503})

    struck = await api.get("users/me")
    listed = (await api.control("GET", "faults")).json["faults"]
    await api.control("DELETE", "faults")

    assert struck.status == 503
    assert (listed[0]["kind"], listed[0]["struck"]) == ("html_error", 1)
    assert (await api.control("GET", "faults")).json == {"faults": []}


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("faults", {"kind": "flood"}),
        ("people", {"people": [{"name": "x"}]}),
        ("people", {"people": [{"email": "x@example.com", "lists": {"9": "active"}}]}),
        ("people", []),
        ("lists", {}),
        ("fields", {"title": "x", "type": "colour"}),
        ("reset", {"parts": ["everything"]}),
    ],
)
async def test_a_mistake_in_a_control_request_is_explained(api: Api, path: str, document: object) -> None:
    reply = await api.control("POST", path, document)

    assert reply.status == 400
    assert reply.json["error"]


async def test_the_key_is_revoked_and_replaced_over_http(api: Api) -> None:
    old = {"Api-Token": api.sandbox.api_key}

    await api.control("POST", "key/revoke")
    revoked = await api.send("GET", "users/me", headers=old)
    new = (await api.control("POST", "key")).json["key"]

    assert revoked.status == 403
    assert (await api.send("GET", "users/me", headers=old)).status == 403
    assert (await api.send("GET", "users/me", headers={"Api-Token": new})).status == 200


async def test_imports_are_finished_over_http(open_api: Open) -> None:
    api = await open_api(start_delay=(900, 900))
    await api.bulk(person())

    state = (await api.control("POST", "finish-imports")).json

    assert state["batches"] == {"completed": 1}


async def test_a_reset_keeps_lists_fields_and_key(api: Api) -> None:
    key = api.sandbox.api_key
    await api.control("PATCH", "knobs", {"unknown_batch": 404})
    await api.control("POST", "faults", {"kind": "drop", "endpoint": "GET nothing"})
    await api.bulk(person())

    state = (await api.control("POST", "reset")).json

    assert (state["contacts"], len(state["lists"])) == (0, 2)
    assert api.sandbox.api_key == key
    assert api.sandbox.evidence()["requests"] == 0
    assert api.sandbox.account.knobs.unknown_batch == "undecided"
    assert (await api.control("GET", "faults")).json == {"faults": []}


async def test_a_part_is_reset_by_itself(api: Api) -> None:
    await api.bulk(person())

    await api.control("POST", "reset", {"parts": ["evidence"]})

    assert api.sandbox.evidence()["contacts_accepted"] == 0
    assert api.sandbox.members(1) == {"jane@example.com"}


def test_a_person_on_an_unknown_list_is_refused() -> None:
    with pytest.raises(ValueError, match="no list 5"):
        Sandbox().add_person(Person(email="jane@example.com", lists={5: "active"}))


def test_knobs_are_given_as_an_object_or_as_changes() -> None:
    assert Sandbox(knobs=Knobs(workers=2)).account.knobs == Sandbox(knobs={"workers": 2}).account.knobs
