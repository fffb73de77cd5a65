import asyncio
import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from aiohttp import ClientError, ClientPayloadError, ClientTimeout, ServerDisconnectedError

from tests.integration.sandbox.api import Api, people, person
from tests.integration.sandbox.conftest import Open
from tools.sandbox import Fault
from tools.sandbox.faults import parse_fault

_SHORT = ClientTimeout(total=0.2)


def _set(api: Api, kind: str, **changes: Any) -> None:
    api.sandbox.add_fault(parse_fault({"kind": kind, **changes}))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 590])
async def test_server_errors_come_as_pages(api: Api, status: int) -> None:
    _set(api, "html_error", status=status)

    reply = await api.get("users/me")

    assert reply.status == status
    assert reply.headers["Content-Type"].startswith("text/html")
    assert str(status).encode() in reply.body
    assert (await api.get("users/me")).status == 200


async def test_cloudflare_answers_with_a_problem_document(api: Api) -> None:
    _set(api, "cloudflare_json", retry_after=60)

    reply = await api.get("users/me")

    assert reply.status == 502
    assert reply.json["cloudflare_error"] is True
    assert reply.json["retry_after"] == 60
    assert reply.headers["Retry-After"] == "60"


async def test_a_200_may_be_empty_with_an_error_code_in_a_header(api: Api) -> None:
    _set(api, "empty")

    reply = await api.bulk(person())

    assert (reply.status, reply.body, reply.headers["X-Ac-Error"]) == (200, b"", "Code 9001")
    assert api.sandbox.members(1) == set()


async def test_a_200_may_be_a_login_page(api: Api) -> None:
    _set(api, "login_page")

    reply = await api.get("users/me")

    assert reply.status == 200
    assert b"Login" in reply.body


@pytest.mark.parametrize("status", [301, 302])
async def test_a_redirect_leads_to_a_login_page(api: Api, status: int) -> None:
    _set(api, "redirect", status=status)

    reply = await api.get("users/me")

    assert reply.status == status
    assert reply.headers["Location"].endswith("/login")


async def test_a_403_may_have_neither_body_nor_content_type(api: Api) -> None:
    _set(api, "forbidden")

    reply = await api.get("users/me")

    assert (reply.status, reply.body) == (403, b"")
    assert "Content-Type" not in reply.headers


@pytest.mark.parametrize(("kind", "status"), [("rate_limited", 429), ("unavailable", 503)])
async def test_a_wait_is_asked_for_in_seconds_as_a_date_or_not_at_all(
    api: Api, kind: str, status: int
) -> None:
    for form in ("seconds", "date", "absent"):
        _set(api, kind, retry_after=7200, retry_after_form=form)

    replies = [await api.get("users/me") for _ in range(3)]

    assert [reply.status for reply in replies] == [status] * 3
    assert replies[0].headers["Retry-After"] == "7200"
    assert parsedate_to_datetime(replies[1].headers["Retry-After"]).timestamp() == api.clock.now() + 7200
    assert "Retry-After" not in replies[2].headers


async def test_a_request_that_hangs_before_acceptance_is_not_carried_out(api: Api) -> None:
    _set(api, "hang")

    with pytest.raises(TimeoutError):
        await api.send("POST", "import/bulk_import", json={"contacts": [person()]}, timeout=_SHORT)

    assert api.sandbox.evidence()["batches_accepted"] == 0


async def test_a_request_that_hangs_after_acceptance_is_carried_out(api: Api) -> None:
    _set(api, "hang", when="after")

    with pytest.raises(TimeoutError):
        await api.send("POST", "import/bulk_import", json={"contacts": [person()]}, timeout=_SHORT)

    assert api.sandbox.members(1) == {"jane@example.com"}


@pytest.mark.parametrize(("when", "members"), [("before", set()), ("after", {"jane@example.com"})])
async def test_a_connection_drops_before_or_after_acceptance(api: Api, when: str, members: set[str]) -> None:
    _set(api, "drop", endpoint="POST import/bulk_import", when=when)

    with pytest.raises(ServerDisconnectedError):
        await api.bulk(person())

    assert api.sandbox.members(1) == members
    assert api.sandbox.evidence()["by_status"] == {"lost": 1}
    assert (await api.get("users/me")).status == 200


async def test_an_answer_is_late(api: Api) -> None:
    _set(api, "delay", seconds=5, when="after")

    waiting = asyncio.create_task(api.get("users/me"))
    await api.clock.until_asleep()
    early = waiting.done()
    api.clock.advance(5)

    assert not early
    assert (await waiting).status == 200


async def test_a_late_request_meets_the_limits_when_it_is_carried_out(open_api: Open) -> None:
    api = await open_api(requests_per_second=1)
    _set(api, "delay", seconds=5)

    waiting = asyncio.create_task(api.get("users/me"))
    await api.clock.until_asleep()
    others = [(await api.get("users/me")).status for _ in range(2)]
    api.clock.advance(5)

    assert others == [200, 429]
    assert (await waiting).status == 200


async def test_latency_is_waited_for(open_api: Open) -> None:
    api = await open_api(bulk_latency=(0.5, 0.5))

    waiting = asyncio.create_task(api.bulk(person()))
    await api.clock.until_asleep()
    api.clock.advance(0.5)

    assert (await waiting).status == 200
    assert (await api.get("users/me")).status == 200


async def test_a_truncated_body_is_whole_http_and_half_json(api: Api) -> None:
    _set(api, "truncate")

    reply = await api.bulk(person())

    assert reply.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = reply.json
    assert api.sandbox.members(1) == {"jane@example.com"}


async def test_a_cut_body_ends_before_its_length(api: Api) -> None:
    _set(api, "cut")

    with pytest.raises((ClientPayloadError, ClientError)):
        await api.bulk(person())

    assert api.sandbox.members(1) == {"jane@example.com"}


async def test_a_stalled_body_never_ends(api: Api) -> None:
    _set(api, "stall")

    with pytest.raises(TimeoutError):
        await api.send("POST", "import/bulk_import", json={"contacts": [person()]}, timeout=_SHORT)

    assert api.sandbox.members(1) == {"jane@example.com"}


async def test_a_list_is_deleted_in_the_middle_of_a_run(open_api: Open) -> None:
    api = await open_api(start_delay=(10, 10))
    await api.bulk(*people(2))
    _set(api, "delete_list", endpoint="POST import/bulk_import", list_id=1)

    accepted = await api.bulk(*people(2))
    api.clock.advance(10)

    assert accepted.status == 200
    assert (await api.get("lists/1")).status == 404
    assert api.sandbox.members(1) == set()
    assert api.sandbox.contact("person.0@example.com") is not None


async def test_a_key_is_revoked_in_the_middle_of_a_run(api: Api) -> None:
    key = api.sandbox.api_key
    _set(api, "revoke_key", at=[2])

    statuses = [(await api.send("GET", "users/me", headers={"Api-Token": key})).status for _ in range(3)]

    assert statuses == [200, 403, 403]


async def test_a_fault_strikes_the_numbered_requests_of_its_endpoint_only(api: Api) -> None:
    _set(api, "html_error", endpoint="GET lists*", at=[2, 4])

    lists = [(await api.get("lists/1")).status for _ in range(5)]
    others = [(await api.get("users/me")).status for _ in range(3)]

    assert lists == [200, 500, 200, 500, 200]
    assert others == [200] * 3


async def test_a_fault_strikes_so_many_times_or_without_end(api: Api) -> None:
    _set(api, "html_error", endpoint="GET lists", times=2)
    _set(api, "html_error", endpoint="GET tags", times=None)

    assert [(await api.get("lists")).status for _ in range(4)] == [500, 500, 200, 200]
    assert [(await api.get("tags")).status for _ in range(4)] == [500] * 4


async def test_chance_is_the_same_with_the_same_seed(open_api: Open) -> None:
    runs = []
    for _ in range(2):
        api = await open_api()
        _set(api, "html_error", times=None, probability=0.5)
        runs.append([(await api.get("users/me")).status for _ in range(30)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


async def test_faults_that_struck_are_counted_and_can_be_cleared(api: Api) -> None:
    _set(api, "html_error", times=None)
    await api.get("users/me")

    api.sandbox.account.faults.clear()

    assert (await api.get("users/me")).status == 200
    assert api.sandbox.evidence()["faults_struck"] == {"html_error": 1}


@pytest.mark.parametrize(
    "changes", [{"kind": "truncate", "when": "before"}, {"kind": "revoke_key", "when": "after"}]
)
def test_a_fault_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=changes["kind"]):
        Fault(**changes)


@pytest.mark.parametrize("document", [{"kind": "flood"}, {"kind": "drop", "often": 2}, {"times": 1}])
def test_a_fault_document_with_a_mistake_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fault"):
        parse_fault(document)
