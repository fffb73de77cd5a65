import ssl

import pytest
import trustme
from aiohttp import ClientSession

from tests.integration.sandbox.api import Api
from tests.integration.sandbox.conftest import Open
from tools.sandbox import Person, Sandbox


async def test_users_me_names_the_owner_of_the_key(api: Api) -> None:
    reply = await api.get("users/me")

    assert reply.status == 200
    assert reply.json["user"]["id"] == "1"
    assert reply.json["user"]["links"]["lists"] == f"{api.sandbox.url}/api/3/users/1/lists"


async def test_json_is_written_as_php_writes_it(api: Api) -> None:
    reply = await api.get("lists/2")

    assert b'"name":"Spring \\/ \\u00c9t\\u00e9"' in reply.body
    assert reply.json["list"]["name"] == "Spring / Été"


async def test_answers_carry_the_headers_of_the_real_edge(api: Api) -> None:
    reply = await api.get("contacts")

    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Server"] == "cloudflare"
    assert reply.headers["CF-Ray"].endswith("-FRA")
    assert len(reply.headers["X-Request-Id"]) == 36
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert len(reply.headers.getall("Set-Cookie")) == 2


async def test_a_small_answer_has_a_length_and_a_large_one_is_chunked(api: Api) -> None:
    for number in range(20):
        api.sandbox.add_list(f"List {number}")

    small, large = await api.get("lists/1"), await api.get("lists")

    assert int(small.headers["Content-Length"]) == len(small.body)
    assert large.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in large.headers


async def test_lists_come_in_pages_with_the_total_as_a_string(api: Api) -> None:
    for number in range(3, 26):
        api.sandbox.add_list(f"List {number}")

    first, rest = await api.get("lists"), await api.get("lists", limit=100, offset=20)

    assert [one["id"] for one in first.json["lists"]] == [str(id) for id in range(1, 21)]
    assert [one["id"] for one in rest.json["lists"]] == [str(id) for id in range(21, 26)]
    assert first.json["meta"] == {"total": "25"}


async def test_a_page_has_at_most_a_hundred(api: Api) -> None:
    for number in range(120):
        api.sandbox.add_list(f"List {number}")

    reply = await api.get("lists", limit=1000)

    assert len(reply.json["lists"]) == 100


async def test_a_limit_that_is_no_number_counts_as_absent(api: Api) -> None:
    assert len((await api.get("lists", limit="all")).json["lists"]) == 2


async def test_an_unknown_list_is_a_404_in_the_recorded_words(api: Api) -> None:
    reply = await api.get("lists/7")

    assert reply.status == 404
    assert reply.json == {"message": "No Result found for _List with id 7"}


async def test_a_key_without_permission_sees_no_lists(open_api: Open) -> None:
    api = await open_api(may_view_lists=False)

    reply = await api.get("lists/1")

    assert reply.status == (await api.get("lists")).status == 403
    assert reply.json["errors"][0]["detail"] == "You do not have permission to view lists."


async def test_fields_bring_their_options_and_relations(api: Api) -> None:
    api.sandbox.add_field("Birthday", type="date")
    api.sandbox.add_field("Colour", type="dropdown", options=["red", "blue"])

    document = (await api.get("fields")).json

    assert [one["perstag"] for one in document["fields"]] == ["BIRTHDAY", "COLOUR"]
    assert document["fields"][1]["options"] == [one["id"] for one in document["fieldOptions"]]
    assert [one["value"] for one in document["fieldOptions"]] == ["red", "blue"]
    assert document["fieldRels"][0] | {"cdate": ""} == {
        "field": "1", "relid": "0", "dorder": "0", "cdate": "", "links": [], "id": "1",
    }  # fmt: skip
    assert document["meta"] == {"total": "2", "selected": None}


async def test_options_keep_their_ids_on_a_later_page(api: Api) -> None:
    api.sandbox.add_field("Size", type="radio", options=["S", "M"])
    api.sandbox.add_field("Colour", type="dropdown", options=["red"])

    document = (await api.get("fields", limit=1, offset=1)).json

    assert document["fields"][0]["options"] == ["3"]
    assert [one["id"] for one in document["fieldOptions"]] == ["3"]


async def test_fields_come_a_hundred_a_page_unless_told_otherwise(api: Api) -> None:
    for number in range(101):
        api.sandbox.add_field(f"Field {number}")

    assert len((await api.get("fields")).json["fields"]) == 100
    assert len((await api.get("fields", offset=100)).json["fields"]) == 1


def test_a_field_of_an_unknown_type_is_refused() -> None:
    sandbox = Sandbox()

    with pytest.raises(ValueError, match="no field type"):
        sandbox.add_field("Colour", type="colour")


async def test_tags_are_searched_by_part_or_exactly(api: Api) -> None:
    api.sandbox.add_person(Person(email="jane@example.com", tags=("gold", "golden")))

    part = await api.get("tags", search="old")
    exact = await api.send("GET", "tags", params={"filters[search][eq]": "gold"})

    assert [one["tag"] for one in part.json["tags"]] == ["gold", "golden"]
    assert [one["id"] for one in exact.json["tags"]] == ["1"]


async def test_exclusions_are_listed_with_a_number_as_total(api: Api) -> None:
    api.sandbox.exclude("@example.net", "end", lists=(2, 1))

    document = (await api.get("lists/exclusions")).json

    assert document == {
        "exclusions": [
            {
                "id": "1",
                "matchPhrase": "@example.net",
                "matchType": "end",
                "channel": "several",
                "hidden": False,
                "lists": ["2", "1"],
            }
        ],
        "meta": {"total": 1},
    }


async def test_a_bad_order_of_exclusions_is_an_invalid_attribute(api: Api) -> None:
    reply = await api.send("GET", "lists/exclusions", params={"orders[matchPhrase]": "ASC"})

    assert reply.status == 422
    assert reply.json["errors"][0]["title"] == "Invalid attribute"
    assert reply.json["errors"][0]["source"]["pointer"] == "/data/attributes/orders[matchPhrase]"


async def test_the_plan_counts_contacts_that_are_active_on_a_list(open_api: Open) -> None:
    api = await open_api(subscriber_limit=500)
    api.sandbox.add_person(Person(email="a@example.com", lists={1: "active", 2: "active"}))
    api.sandbox.unsubscribe("b@example.com", 1)

    reply = await api.get("settings/account")

    assert reply.json["subscriber_limit"] == 500
    assert reply.json["subscriber_total"] == 1
    assert reply.headers["Cache-Control"] == "private"


@pytest.mark.parametrize("status", [403, 404])
async def test_settings_account_may_be_missing_or_forbidden(open_api: Open, status: int) -> None:
    api = await open_api(settings_account=status)

    assert (await api.get("settings/account")).status == status


async def test_group_limits_carry_the_contact_limit_as_a_string(open_api: Open) -> None:
    api = await open_api(subscriber_limit=500)

    reply = await api.get("groupLimits")

    assert reply.json["groupLimits"][0]["limitContact"] == "500"
    assert reply.json["meta"] == {"total": "1"}


async def test_an_unknown_endpoint_is_a_404(api: Api) -> None:
    assert (await api.get("no/such/thing")).status == 404
    assert (await api.send("PUT", "lists/1")).status == 404


@pytest.mark.parametrize(
    ("mode", "status", "content_type"),
    [
        ("json", 403, "application/json"),
        ("empty", 403, None),
        ("login_page", 200, "text/html; charset=UTF-8"),
        ("redirect", 301, "text/html; charset=UTF-8"),
    ],
)
async def test_a_wrong_key_is_refused_in_each_way(
    open_api: Open, mode: str, status: int, content_type: str | None
) -> None:
    api = await open_api(auth_failure=mode)

    reply = await api.send("GET", "users/me", headers={"Api-Token": "wrong"})

    assert reply.status == status
    assert reply.headers.get("Content-Type") == content_type
    assert b'"user"' not in reply.body


async def test_it_speaks_https_with_a_given_certificate() -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)

    async with Sandbox(tls=server) as sandbox, ClientSession() as session:
        headers = {"Api-Token": sandbox.api_key}
        async with session.get(f"{sandbox.url}/api/3/users/me", headers=headers, ssl=client) as response:
            document = await response.json()

    assert sandbox.url.startswith("https://127.0.0.1:")
    assert document["user"]["links"]["lists"].startswith(sandbox.url)


async def test_two_accounts_run_side_by_side_and_know_nothing_of_each_other() -> None:
    async with Sandbox(seed=1) as one, Sandbox(seed=2) as other, ClientSession() as session:
        headers = {"Api-Token": one.api_key}
        async with session.get(f"{other.url}/api/3/users/me", headers=headers) as response:
            status = response.status

    assert one.url != other.url
    assert status == 403
    assert one.evidence()["requests"] == 0


async def test_a_port_in_use_is_an_error() -> None:
    async with Sandbox() as sandbox:
        port = int(sandbox.url.rpartition(":")[2])

        with pytest.raises(OSError, match="in use"):
            await Sandbox(port=port).__aenter__()
