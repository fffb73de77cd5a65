import json

import pytest

from tests.integration.sandbox.api import Api, people, person
from tests.integration.sandbox.conftest import Open
from tools.sandbox import Person

_GENERAL = (
    "JSON payload did not pass validation. Please fix failureReasons and retry."
    " The import was not queued for processing."
)


async def test_an_import_is_queued_and_its_contacts_end_on_the_list(api: Api) -> None:
    reply = await api.bulk(person("Jane", first_name="Jane", tags=["one"]), person("joe"))

    assert reply.status == 200
    assert reply.json == {
        "success": 1,
        "queued_contacts": 2,
        "batchId": reply.json["batchId"],
        "message": "Contact import queued",
    }
    assert api.sandbox.members(1) == {"jane@example.com", "joe@example.com"}
    jane = api.sandbox.contact("jane@example.com")
    assert jane is not None
    assert (jane["email"], jane["first_name"], jane["tags"]) == ("Jane@example.com", "Jane", ["one"])


async def test_the_documented_wording_differs_from_the_recorded_one(open_api: Open) -> None:
    api = await open_api(wording="documented", accepted_status=201)

    accepted = await api.bulk(person())
    refused = await api.bulk({"email": "nobody"})

    assert accepted.status == 201
    assert accepted.json["Success"] == 1
    assert "failure Reasons" in refused.json["message"]
    assert refused.json["failureReasons"][0]["failureReason"].startswith("Field\u2018")


async def test_one_invalid_contact_refuses_the_whole_request_and_counts_from_one(api: Api) -> None:
    reply = await api.bulk(person("a"), {"first_name": "B"}, person("c"), {"email": "no address"})

    assert reply.status == 400
    assert reply.json == {
        "success": 0,
        "message": _GENERAL,
        "failureReasons": [
            {"contact": 2, "failureReason": "Field 'email' not found"},
            {"contact": 4, "failureReason": "Field 'email' incorrect format"},
        ],
    }
    assert api.sandbox.members(1) == set()


@pytest.mark.parametrize(
    "address",
    [
        "@example.com", "jane", "jane@example", "jane@example.c", "jane@example.c1", "ja ne@example.com",
        "a@b@example.com", "ja(ne@example.com", "ja)ne@example.com", "ja,ne@example.com",
        "ja:ne@example.com", "ja;ne@example.com", "ja<ne@example.com", "ja>ne@example.com",
        "ja[ne@example.com", "ja]ne@example.com", "ja\\ne@example.com", 'ja"ne@example.com',
        "jane@exa(mple.com", "jane@example.com\n",
    ],
)  # fmt: skip
async def test_addresses_against_the_documented_rules_are_refused(api: Api, address: str) -> None:
    assert (await api.bulk({"email": address})).status == 400


@pytest.mark.parametrize(
    "address", ["j@x.co", "jane+tag@mail.example.com", "JANE@EXAMPLE.COM", "é@bücher.de"]
)
async def test_addresses_within_the_documented_rules_pass(api: Api, address: str) -> None:
    assert (await api.bulk({"email": address})).status == 200


async def test_bad_addresses_may_fail_in_the_import_instead(open_api: Open) -> None:
    api = await open_api(bad_address="failure")

    reply = await api.bulk(person("good"), {"email": "invalid.email@invalidDomain"})

    assert reply.status == 200
    assert (await api.outcome(reply))["failure"] == ["invalid.email@invalidDomain"]


async def test_an_apostrophe_always_fails_in_the_import(api: Api) -> None:
    reply = await api.bulk(person("o'neil"), person("good"))

    assert reply.status == 200
    assert (await api.outcome(reply))["failure"] == ["o'neil@example.com"]
    assert api.sandbox.members(1) == {"good@example.com"}


async def test_unparsable_json_is_refused_in_the_recorded_words(api: Api) -> None:
    reply = await api.send("POST", "import/bulk_import", data=b'{"contacts": [')

    assert reply.status == 400
    assert reply.json["failureReasons"] == ["Invalid or unparsable json"]


@pytest.mark.parametrize("document", [[], {}, {"contacts": {}}, {"contacts": None}])
async def test_a_body_without_contacts_is_refused(api: Api, document: object) -> None:
    reply = await api.post("import/bulk_import", document)

    assert reply.status == 400
    assert reply.json["failureReasons"] == ["'contacts' is a required field."]


async def test_250_contacts_pass_and_251_do_not(api: Api) -> None:
    assert (await api.bulk(*people(250))).status == 200

    reply = await api.bulk(*people(251))

    assert reply.status == 400
    assert isinstance(reply.json["failureReasons"][0], str)


async def test_more_contacts_and_none_are_accepted_if_told_so(open_api: Open) -> None:
    api = await open_api(too_many="accept", empty="accept")

    assert (await api.bulk(*people(251))).status == 200
    assert (await api.bulk()).status == 200


async def test_no_contacts_are_refused(api: Api) -> None:
    assert (await api.bulk()).status == 400


def _body_of(size: int) -> bytes:
    empty = json.dumps({"contacts": [person(first_name="")]}).encode()
    return json.dumps({"contacts": [person(first_name="x" * (size - len(empty)))]}).encode()


async def test_the_size_limit_is_399_999_bytes(api: Api) -> None:
    fits = await api.send("POST", "import/bulk_import", data=_body_of(399_999))
    over = await api.send("POST", "import/bulk_import", data=_body_of(400_000))

    assert (fits.status, over.status) == (200, 400)
    assert isinstance(over.json["failureReasons"][0], str)


async def test_the_size_limit_counts_bytes_and_not_characters(api: Api) -> None:
    body = json.dumps({"contacts": [person(first_name="é" * 250_000)]}, ensure_ascii=False)

    reply = await api.send("POST", "import/bulk_import", data=body.encode())

    assert len(body) < 399_999
    assert reply.status == 400


@pytest.mark.parametrize(("choice", "status"), [(413, 413), ("accept", 200)])
async def test_an_oversize_body_may_be_a_413_or_pass(open_api: Open, choice: object, status: int) -> None:
    api = await open_api(oversize=choice)

    reply = await api.send("POST", "import/bulk_import", data=_body_of(400_000))

    assert reply.status == status


async def test_unknown_lists_and_fields_are_queued_and_ignored(api: Api) -> None:
    known = api.sandbox.add_field("Colour")
    fields = [{"id": known, "value": "red"}, {"id": 99, "value": "x"}]

    reply = await api.bulk(person(subscribe=[{"listid": 77}, {"listid": "1"}], fields=fields))

    assert (await api.outcome(reply))["failure"] == []
    jane = api.sandbox.contact("jane@example.com")
    assert jane is not None
    assert (jane["fields"], jane["lists"]) == ({known: "red"}, {1: "active"})


@pytest.mark.parametrize(
    ("knob", "contact"),
    [
        ("unknown_list", person(subscribe=[{"listid": 77}])),
        ("unknown_field", person(fields=[{"id": 99, "value": "x"}])),
    ],
)
async def test_unknown_lists_and_fields_may_be_refused_or_fail(
    open_api: Open, knob: str, contact: dict[str, object]
) -> None:
    refusing, failing = await open_api(**{knob: "refuse"}), await open_api(**{knob: "failure"})

    refused = await refusing.bulk(contact)
    failed = await failing.bulk(contact)

    assert refused.status == 400
    assert refused.json["failureReasons"][0]["contact"] == 1
    assert (await failing.outcome(failed))["failure"] == ["jane@example.com"]


@pytest.mark.parametrize(("rule", "name"), [("last", "Second"), ("first", "First")])
async def test_of_equal_addresses_one_wins(open_api: Open, rule: str, name: str) -> None:
    api = await open_api(equal_addresses=rule)

    await api.bulk(person("jane", first_name="First"), person("JANE", first_name="Second"))

    jane = api.sandbox.contact("jane@example.com")
    assert jane is not None
    assert jane["first_name"] == name


async def test_equal_addresses_may_be_refused(open_api: Open) -> None:
    api = await open_api(equal_addresses="refuse")

    assert (await api.bulk(person("jane"), person("JANE"))).status == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": None}, {"phone": 5550100}, {"tags": "gold"}, {"tags": [1]}, {"subscribe": 1},
        {"subscribe": [{"list": 1}]}, {"fields": [{"id": "x", "value": "y"}]}, {"fields": {"1": "y"}},
        {"fields": [{"id": 1, "value": 5}]}, {"customer_acct_name": []},
    ],
)  # fmt: skip
async def test_values_of_a_wrong_type_are_refused_or_ignored(
    open_api: Open, changes: dict[str, object]
) -> None:
    refusing, lenient = await open_api(), await open_api(wrong_type="ignore")

    assert (await refusing.bulk(person() | changes)).status == 400
    assert (await lenient.bulk(person() | changes)).status == 200


async def test_a_key_that_is_absent_keeps_its_value_and_an_empty_one_overwrites(api: Api) -> None:
    colour, size = api.sandbox.add_field("Colour"), api.sandbox.add_field("Size")
    fields = [{"id": colour, "value": "red"}, {"id": size, "value": "M"}]
    await api.bulk(person(first_name="Jane", last_name="Doe", phone="1", tags=["a"], fields=fields))

    await api.bulk(person(last_name="", tags=["b", "a"], fields=[{"id": size, "value": ""}]))

    jane = api.sandbox.contact("jane@example.com")
    assert jane is not None
    assert (jane["first_name"], jane["last_name"], jane["phone"]) == ("Jane", "", "1")
    assert jane["fields"] == {colour: "red", size: ""}
    assert jane["tags"] == ["a", "b"]


async def test_the_accounts_name_is_kept(api: Api) -> None:
    await api.bulk(person(customer_acct_name="Acme"))

    jane = api.sandbox.contact("jane@example.com")
    assert jane is not None
    assert jane["account_name"] == "Acme"


async def test_camel_case_keys_are_dropped_silently(api: Api) -> None:
    reply = await api.bulk(person(firstName="Jane", fields=[]))

    jane = api.sandbox.contact("jane@example.com")
    assert reply.status == 200
    assert jane is not None
    assert jane["first_name"] == ""


async def test_excluded_addresses_are_not_queued_and_fail(api: Api) -> None:
    api.sandbox.exclude("@example.net", "end")
    api.sandbox.exclude("jane@example.com")
    api.sandbox.exclude("joe@example.com", lists=(2,))

    reply = await api.bulk(person("jane"), {"email": "x@example.net"}, person("joe"))

    assert reply.json["queued_contacts"] == 1
    assert (await api.outcome(reply))["failure"] == ["jane@example.com", "x@example.net"]
    assert api.sandbox.members(1) == {"joe@example.com"}


async def test_a_key_may_lack_the_permission_to_import(open_api: Open) -> None:
    api = await open_api(may_import=False)

    assert (await api.bulk(person())).status == 403


async def test_what_is_over_the_contact_limit_fails(open_api: Open) -> None:
    api = await open_api(subscriber_limit=2)
    api.sandbox.add_person(Person(email="old@example.com", lists={1: "active"}))

    reply = await api.bulk(person("a"), person("b"), person("old", first_name="Old"))

    assert (await api.outcome(reply))["failure"] == ["b@example.com"]
    assert api.sandbox.members(1) == {"old@example.com", "a@example.com"}


async def test_the_contact_limit_may_be_ignored_or_forbid_the_request(open_api: Open) -> None:
    accepting = await open_api(subscriber_limit=1, over_subscriber_limit="accept")
    forbidding = await open_api(subscriber_limit=1, over_subscriber_limit="refuse")

    assert (await accepting.bulk(*people(3))).status == 200
    assert len(accepting.sandbox.members(1)) == 3
    assert (await forbidding.bulk(*people(3))).status == 403
    assert (await forbidding.bulk(*people(1))).status == 200
