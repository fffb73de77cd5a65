"""The server behind the proxy: requests are carried out there as they came."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

_HOP_BY_HOP = ("Connection", "Keep-Alive", "Transfer-Encoding", "Expect", "Host")
"""Headers that belong to one connection only (RFC 9110, 7.6.1); the body is passed on whole."""
_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""What the HTTP library would add; storage requests are signed over some of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer; the body is encoded as it came."""

    status: int
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    body: bytes = b""


class Upstream:
    """A server at `url`, which has no slash at its end; open it in an `async with` block."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers=_ADDED
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def carry_out(self, request: web.Request, body: bytes) -> Answer:
        """The server's answer; redirects are passed on, not followed."""
        headers = _passed(request.headers.items())
        url = URL(f"{self._url}{request.raw_path}", encoded=True)
        # As a stream, because aiohttp warns of large bodies given as bytes.
        data = io.BytesIO(body) if body else None
        async with self._session.request(
            request.method, url, headers=headers, data=data, allow_redirects=False
        ) as response:
            return Answer(
                status=response.status,
                headers=_passed(response.headers.items()),
                body=await response.read(),
            )


def _passed(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    passed = CIMultiDict(headers)
    for name in _HOP_BY_HOP:
        passed.popall(name, None)
    return passed
