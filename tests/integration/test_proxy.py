"""The fault proxy, in front of a server that counts what it carried out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web

from tools.proxy import Fault, Proxy


class Server:
    """Echoes requests and remembers them."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.seen.append(f"{request.method} {request.raw_path} {body.decode()}")
        return web.Response(status=201, body=body * 100, headers={"ETag": '"1"', "Content-Type": "text/x"})


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    async with AsyncExitStack() as stack:
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield await stack.enter_async_context(Proxy(f"http://127.0.0.1:{runner.addresses[0][1]}/account"))


async def send(proxy: Proxy, method: str = "POST", path: str = "/a?b=%2F") -> tuple[int, bytes]:
    """Status and body of one answer, over a connection of its own."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(0.3)) as session,
        session.request(method, proxy.url + path, data=b"body") as response,
    ):
        return response.status, await response.read()


async def test_requests_and_answers_pass_as_they_are(proxy: Proxy, server: Server) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{proxy.url}/a%2Fb?c=%7C", data=b"x") as answer,
    ):
        content = await answer.read()

    assert server.seen == ["POST /account/a%2Fb?c=%7C x"]
    assert (answer.status, content) == (201, b"x" * 100)
    assert (answer.headers["ETag"], answer.headers["Content-Type"]) == ('"1"', "text/x")


async def test_a_swallowed_answer_is_of_a_request_that_was_carried_out(proxy: Proxy, server: Server) -> None:
    proxy.faults.add(Fault(kind="swallow"))

    with pytest.raises(aiohttp.ClientError):
        await send(proxy)

    assert len(server.seen) == 1
    assert (await send(proxy))[0] == 201


async def test_a_cut_answer_is_of_a_request_that_was_carried_out(proxy: Proxy, server: Server) -> None:
    proxy.faults.add(Fault(kind="cut"))

    with pytest.raises(aiohttp.ClientError):
        await send(proxy)

    assert len(server.seen) == 1


async def test_a_refused_request_is_not_carried_out(proxy: Proxy, server: Server) -> None:
    proxy.faults.add(Fault(kind="refuse", status=503))

    status, _ = await send(proxy)

    assert (status, server.seen) == (503, [])


async def test_a_hung_request_is_not_carried_out(proxy: Proxy, server: Server) -> None:
    proxy.faults.add(Fault(kind="hang"))

    with pytest.raises(TimeoutError):
        await send(proxy)

    assert server.seen == []


async def test_a_fault_strikes_the_requests_it_names_only(proxy: Proxy) -> None:
    proxy.faults.add(Fault(kind="refuse", request="POST */run.json*", at=(2,)))
    paths = ["/run.json", "/plan.json", "/run.json?x=1", "/run.json"]

    statuses = [(await send(proxy, path=path))[0] for path in paths]

    assert statuses == [201, 201, 503, 201]
    assert proxy.faults.struck == ["POST /account/run.json?x=1"]
    assert len(proxy.requests) == 4


async def test_while_it_is_shut_nothing_is_carried_out(proxy: Proxy, server: Server) -> None:
    proxy.shut()
    shut = await asyncio.gather(send(proxy), send(proxy))
    proxy.reopen()
    again = await send(proxy)

    assert [status for status, _ in shut] == [410, 410]
    assert again[0] == 201
    assert len(server.seen) == 1


async def test_it_tells_when_a_fault_strikes(proxy: Proxy, server: Server) -> None:
    told: list[tuple[str, int]] = []
    proxy.on_fault = lambda fault: told.append((fault.kind, len(server.seen)))
    proxy.faults.add(Fault(kind="refuse"))
    proxy.faults.add(Fault(kind="swallow", at=(2,)))

    await send(proxy)
    with pytest.raises(aiohttp.ClientError):
        await send(proxy)

    assert told == [("refuse", 0), ("swallow", 1)]


async def test_where_the_server_is_away_the_connection_breaks() -> None:
    async with Proxy("http://127.0.0.1:1/account") as proxy:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await send(proxy)
