"""Putting an answer on the wire, whole or spoilt."""

import asyncio
import uuid
from collections.abc import Mapping
from random import Random

from aiohttp import web
from multidict import CIMultiDict

from tools.sandbox.calls import Answer

_CHUNKED_FROM = 8192
"""Larger bodies are sent chunked, smaller ones with Content-Length (recorded; the border is ours)."""

_ALWAYS: Mapping[str, str] = {
    "Server": "cloudflare",
    "CF-Cache-Status": "DYNAMIC",
    "Cache-Control": "no-store, no-cache, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "Thu, 19 Nov 1981 08:52:00 GMT",
}
_CONTACT_ENDPOINTS: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "X-Content-Type-Options": "nosniff",
}


class _Response(web.Response):
    """A response that may have no Content-Type."""

    untyped = False


async def drop_content_type(request: web.Request, response: web.StreamResponse) -> None:
    """Take away the Content-Type that the HTTP library adds by itself; a signal handler."""
    if isinstance(response, _Response) and response.untyped:
        response.headers.popall("Content-Type", None)


def response_of(answer: Answer, path: str, random: Random) -> web.Response:
    """The whole answer with the headers of a real one (recorded)."""
    response = _Response(status=answer.status, body=answer.body, headers=_headers(answer, path, random))
    response.untyped = answer.content_type is None
    if len(answer.body) >= _CHUNKED_FROM:
        response.enable_chunked_encoding()
    return response


def _headers(answer: Answer, path: str, random: Random) -> CIMultiDict[str]:
    headers = CIMultiDict(_ALWAYS)
    if path.startswith("contact"):
        headers.update(_CONTACT_ENDPOINTS)
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    headers["CF-Ray"] = f"{random.getrandbits(64):016x}-FRA"
    headers["X-Request-Id"] = str(uuid.UUID(int=random.getrandbits(128), version=4))
    headers["X-Envoy-Upstream-Service-Time"] = str(random.randint(70, 360))
    headers.add("Set-Cookie", f"PHPSESSID={random.getrandbits(128):032x}; path=/; secure; HttpOnly")
    headers.add("Set-Cookie", f"em_acp_globalauth_cookie={random.getrandbits(64):016x}; path=/; secure")
    headers.update(answer.headers)
    return headers


def drop(request: web.Request) -> web.StreamResponse:
    """Break the connection; what is returned never reaches anybody."""
    if request.transport is not None:
        request.transport.abort()
    return web.StreamResponse()


async def half_of(request: web.Request, response: web.Response) -> None:
    """Promise the whole body, and send half of it."""
    body = response.body if isinstance(response.body, bytes) else b""
    partial = web.StreamResponse(status=response.status, headers=response.headers)
    partial.content_length = max(len(body), 2)
    await partial.prepare(request)
    await partial.write(body[: len(body) // 2])


async def wait_for_end(closing: asyncio.Event) -> None:
    """Say nothing until the client goes (then this is cancelled) or the sandbox closes."""
    await closing.wait()
