"""The proxy: one server behind it, one port in front."""

import asyncio
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from aiohttp import ClientConnectionError, web

from tools.proxy.faults import Fault, Faults
from tools.proxy.upstream import Answer, Upstream

_LARGEST_BODY = 64 << 20
"""Bytes; a request is read whole before it is passed on."""


class Proxy:
    """A proxy on 127.0.0.1 while its `async with` block lasts.

    `target` is the address of a service as its clients know it; `url` is the same address through the proxy,
    path included, so that it can stand in a storage connection string. `on_fault` is called when a fault has
    struck and before its request's connection is closed or answered. Between `shut` and `reopen` every
    request is refused.
    """

    def __init__(self, target: str, *, on_fault: Callable[[Fault], None] = lambda fault: None) -> None:
        parts = urlsplit(target)
        self._upstream = Upstream(f"{parts.scheme}://{parts.netloc}")
        self._path = parts.path
        self._closing = asyncio.Event()
        self._shut: int | None = None
        self.faults = Faults()
        self.requests: list[str] = []
        """Every request that came, as faults match them."""
        self.on_fault = on_fault

    async def __aenter__(self) -> Self:
        await self._upstream.__aenter__()
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._runner.cleanup()
        await self._upstream.__aexit__()

    @property
    def url(self) -> str:
        """The target's address through this proxy."""
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}{self._path}"

    def shut(self, status: int = 410) -> None:
        """From now on nothing is carried out, as if the client had died; every request gets `status`.

        410 is one that storage clients do not repeat.
        """
        self._shut = status

    @property
    def is_shut(self) -> bool:
        """Whether nothing is carried out."""
        return self._shut is not None

    def reopen(self) -> None:
        """Requests are carried out again."""
        self._shut = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        named = f"{request.method} {request.raw_path}"
        self.requests.append(named)
        if self._shut is not None:
            return web.Response(status=self._shut)
        try:
            if fault := self.faults.strike(named):
                return await self._misbehave(request, body, fault)
            return await _send(request, await self._upstream.carry_out(request, body))
        except ClientConnectionError:  # The server is away, or who asked is gone.
            return _close(request)

    async def _misbehave(self, request: web.Request, body: bytes, fault: Fault) -> web.StreamResponse:
        if fault.kind in ("swallow", "cut"):
            answer = await self._upstream.carry_out(request, body)
            self.on_fault(fault)
            return await _cut(request, answer) if fault.kind == "cut" else _close(request)
        self.on_fault(fault)
        if fault.kind == "refuse":
            return web.Response(status=fault.status)
        await self._closing.wait()
        return _close(request)


async def _send(request: web.Request, answer: Answer, share: float = 1.0) -> web.StreamResponse:
    """Sends the headers and this share of the body."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if "Content-Length" not in answer.headers and request.method != "HEAD":
        response.content_length = len(answer.body)
    await response.prepare(request)
    if request.method != "HEAD":
        await response.write(answer.body[: round(len(answer.body) * share)])
    return response


async def _cut(request: web.Request, answer: Answer) -> web.StreamResponse:
    await _send(request, answer, 0.5)
    return _close(request)


def _close(request: web.Request) -> web.StreamResponse:
    """Breaks the connection; what is returned never reaches anybody."""
    if request.transport is not None:
        request.transport.abort()
    return web.StreamResponse()
