"""HTTP functions through the whole host: routes, keys, requests and responses. One host serves them all."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.integration.localhost.store import APP, opened
from tools.azurite import Azurite
from tools.localhost.host import Host

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def host(azurite: Azurite) -> AsyncIterator[Host]:
    async with opened(azurite.connection_string) as store, Host(APP, store.settings) as host:
        yield host


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def client(host: Host) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(host.url) as client:
        yield client


async def status(client: aiohttp.ClientSession, method: str, path: str, key: str | None = None) -> int:
    async with client.request(method, path, headers={"x-functions-key": key} if key else {}) as response:
        assert response.ok or await response.read() == b""
        return response.status


async def text(client: aiohttp.ClientSession, path: str, key: str) -> str:
    async with client.get(path, headers={"x-functions-key": key}) as response:
        return await response.text()


async def test_the_first_matching_function_in_alphabetical_order_answers(
    host: Host, client: aiohttp.ClientSession
) -> None:
    number = await text(client, "/api/items/7", host.keys.host)
    name = await text(client, "/api/items/latest", host.keys.host)

    assert number == "item 7"
    assert name == "named latest"


async def test_paths_match_without_regard_to_case_and_parameters_are_decoded(
    host: Host, client: aiohttp.ClientSession
) -> None:
    answer = await text(client, "/API/Items/caf%C3%A9%20noir", host.keys.host)

    assert answer == "named café noir"


async def test_a_line_break_in_a_path_is_a_character_like_any_other(
    host: Host, client: aiohttp.ClientSession
) -> None:
    assert await text(client, "/api/Items/two%0Alines", host.keys.host) == "named two\nlines"


@pytest.mark.parametrize("path", ["/api/unknown", "/api/items", "/api/items/1/2", "/words", "/"])
async def test_an_unknown_path_is_404(client: aiohttp.ClientSession, path: str) -> None:
    assert await status(client, "GET", path) == 404


async def test_a_wrong_method_is_404(host: Host, client: aiohttp.ClientSession) -> None:
    assert await status(client, "GET", "/api/words", host.keys.host) == 404


async def test_a_function_takes_its_own_key_the_host_key_and_the_master_key(
    host: Host, client: aiohttp.ClientSession
) -> None:
    keys = [host.keys.function("b_item"), host.keys.host, host.keys.master]

    by_header = [await status(client, "GET", "/api/items/1", key) for key in keys]
    by_query = [await status(client, "GET", f"/api/items/1?code={key}") for key in keys]

    assert by_header == by_query == [200, 200, 200]


async def test_no_key_a_wrong_key_and_the_key_of_another_function_are_401(
    host: Host, client: aiohttp.ClientSession
) -> None:
    keys = [None, "wrong", host.keys.function("c_named")]

    assert [await status(client, "GET", "/api/items/1", key) for key in keys] == [401, 401, 401]


async def test_an_admin_function_takes_the_master_key_only(host: Host, client: aiohttp.ClientSession) -> None:
    keys = [host.keys.function("locked"), host.keys.host, host.keys.master]

    assert [await status(client, "GET", "/api/locked", key) for key in keys] == [401, 401, 200]


async def test_the_function_sees_lower_case_headers_joined_and_queries_that_have_a_value(
    client: aiohttp.ClientSession,
) -> None:
    headers = [("X-Many", "a"), ("X-Many", "b"), ("X-MS-Client-Principal", "from the client")]

    async with client.get("/api/open?one=1&none=&code=visible", headers=headers) as response:
        seen = await response.json()

    assert seen["headers"]["x-many"] == "a,b"
    assert seen["headers"]["x-ms-client-principal"] == "from the client"
    assert seen["params"] == {"one": "1", "code": "visible"}


async def test_a_header_that_is_no_text_is_400(host: Host) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(host.url.rpartition(":")[2]))

    writer.write(b"GET /api/items/7 HTTP/1.1\r\nHost: localhost\r\nx-note: \xff\xfe\r\n\r\n")

    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 400")


async def test_headers_and_cookies_of_the_response_arrive(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/open") as response:
        assert response.headers.getall("Content-Type") == ["application/json"]
        cookie = response.cookies["a"]

    assert cookie.value == "b"
    assert {name: value for name, value in cookie.items() if value} == {
        "path": "/api",
        "max-age": "60",
        "httponly": True,
        "samesite": "Lax",
        "expires": "Wed, 01 Jan 2031 00:00:00 GMT",
    }


async def test_a_body_of_declared_length_arrives(client: aiohttp.ClientSession) -> None:
    async with client.post("/api/open", data=b"hello") as response:
        assert (await response.json())["body"] == "hello"


async def test_a_chunked_body_arrives_empty_as_on_azure(client: aiohttp.ClientSession) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"hello"

    async with client.post("/api/open", data=chunks()) as response:
        assert (await response.json())["body"] == ""


async def test_a_function_that_returns_nothing_is_an_empty_500(
    host: Host, client: aiohttp.ClientSession
) -> None:
    assert await status(client, "GET", "/api/nothing") == 500
    assert host.history[-1].function == "nothing"
    assert "unable to encode" in (host.history[-1].error or "")


async def test_async_functions_of_one_worker_run_side_by_side(
    host: Host, client: aiohttp.ClientSession
) -> None:
    requests = [asyncio.create_task(status(client, "GET", "/api/sleep/0.5")) for _ in range(3)]

    await host.wait_for(lambda host: len(host.running) == 3)

    assert [await request for request in requests] == [200, 200, 200]


async def test_the_app_is_imported_once_and_its_folder_is_where_it_runs(
    host: Host, client: aiohttp.ClientSession
) -> None:
    async with client.get("/api/open") as first, client.get("/api/open") as second:
        seen = [await first.json(), await second.json()]

    assert seen[0]["imported"] == seen[1]["imported"]
    assert {each["pid"] for each in seen} == set(host.worker_pids)
    assert {each["folder"] for each in seen} == {str(APP)}
    assert not seen[0]["tools_on_path"]


async def test_the_state_of_the_host_wants_the_master_key(host: Host, client: aiohttp.ClientSession) -> None:
    async with client.get("/admin/host/status", headers={"x-functions-key": host.keys.master}) as response:
        state = await response.json()

    assert state["state"] == "Running"
    assert [worker["pid"] for worker in state["workers"]] == host.worker_pids
    assert await status(client, "GET", "/admin/host/status", host.keys.host) == 401


async def test_a_timer_is_run_by_hand_and_waited_for(host: Host, client: aiohttp.ClientSession) -> None:
    headers = {"x-functions-key": host.keys.master, "x-localhost-wait": "true"}

    async with client.post("/admin/functions/tick", json={"input": ""}, headers=headers) as response:
        answer = await response.json()

    assert (response.status, answer["ok"], answer["error"]) == (200, True, None)
    assert [each.id for each in host.history if each.function == "tick"] == [answer["id"]]


async def test_a_queue_function_is_run_by_hand_with_the_text_given(
    host: Host, client: aiohttp.ClientSession
) -> None:
    async with client.post(
        "/admin/functions/fail", json={"input": "x"}, headers={"x-functions-key": host.keys.master}
    ) as response:
        assert response.status == 202

    await host.wait_for(lambda host: any(each.function == "fail" for each in host.history))


async def test_running_by_hand_is_refused_for_no_key_no_function_http_and_no_json(
    host: Host, client: aiohttp.ClientSession
) -> None:
    async def run(name: str, key: str, body: bytes = b"{}") -> int:
        headers = {"x-functions-key": key}
        async with client.post(f"/admin/functions/{name}", data=body, headers=headers) as response:
            return response.status

    assert await run("tick", host.keys.host) == 401
    assert await run("tock", host.keys.master) == 404
    assert await run("see", host.keys.master) == 400
    assert await run("tick", host.keys.master, b"no json") == 400
