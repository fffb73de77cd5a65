"""HTTP: one request, one answer, over connections that lead to public addresses only."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.activecampaign.address import ApiAddress, host_allowed
from shared.activecampaign.answers import Answer, Question
from shared.activecampaign.instruments import STATUS, request_timed
from shared.errors import ActiveCampaignError, Unavailable, WrongAddress

MAX_ANSWER_BYTES = 16 * 1024 * 1024
_RESOLVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """In seconds: to connect, between two pieces of an answer, and for the whole of it."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 120.0


def connector(*, allow_loopback: bool = False) -> aiohttp.TCPConnector:
    """For the session that the client is given: raises WrongAddress in place of connecting to a host that is,
    or resolves to, a private, link-local, multicast or reserved address (or loopback, unless allowed).

    What was resolved is what is connected to, so a name cannot change its mind in between.
    """
    return _Connector(allow_loopback)


async def resolves(
    address: ApiAddress, *, allow_loopback: bool = False, resolver: AbstractResolver | None = None
) -> bool:
    """Whether the host's name leads anywhere; raises WrongAddress where that is no public address.

    The rule is the connector's, which applies it again to every connection.
    """
    parts = urlsplit(address.base_url)
    guarded = _Resolver(resolver or aiohttp.ThreadedResolver(), allow_loopback)
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            return bool(await guarded.resolve(parts.hostname or "", parts.port or 443, socket.AF_UNSPEC))
    except OSError:
        return False


class Transport:
    """A session that is somebody else's, with the headers and time-outs of one client."""

    def __init__(
        self, session: aiohttp.ClientSession, headers: Mapping[str, str], timeouts: Timeouts
    ) -> None:
        self._session = session
        self._headers = headers
        self._timeout = aiohttp.ClientTimeout(
            total=timeouts.total, connect=timeouts.connect, sock_read=timeouts.read
        )

    async def get(self, url: str, question: Question[Any], query: Mapping[str, str]) -> Answer:
        """The whole answer, whatever its status; raises Unavailable and WrongAddress."""
        return await self._exchange("GET", url, question, params=query)

    async def post(self, url: str, question: Question[Any], body: bytes) -> Answer:
        """As `get`; the body is JSON and is sent byte for byte."""
        return await self._exchange(
            "POST", url, question, data=body, headers={"Content-Type": "application/json"}
        )

    async def _exchange(
        self,
        method: str,
        url: str,
        question: Question[Any],
        *,
        headers: Mapping[str, str] | None = None,
        **sent: Any,
    ) -> Answer:
        try:
            with request_timed(method, url) as noted:
                async with self._session.request(
                    method,
                    url,
                    headers={**self._headers, **(headers or {})},
                    allow_redirects=False,
                    timeout=self._timeout,
                    middlewares=(_without_cookies,),
                    **sent,
                ) as response:
                    noted[STATUS] = response.status
                    body = await _body(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            failure = _connection_error(error, question)
        else:
            headers = {name.lower(): value for name, value in response.headers.items()}
            if body is not None:
                return Answer(status=response.status, headers=headers, body=body)
            failure = Unavailable(
                f"ActiveCampaign's answer to {question.subject} has no end.", in_doubt=question.imports
            )
        # Outside the handler: chained to aiohttp's error, it would carry the URL along.
        raise failure


async def _without_cookies(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    request.headers.popall("Cookie", None)
    return await handler(request)


async def _body(response: aiohttp.ClientResponse) -> bytes | None:
    """None where it is longer than any answer."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            return None
    return bytes(body)


class _Connector(aiohttp.TCPConnector):
    def __init__(self, allow_loopback: bool) -> None:
        super().__init__(resolver=_Resolver(aiohttp.ThreadedResolver(), allow_loopback))
        self._allow_loopback = allow_loopback

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 (aiohttp's signature)
    ) -> aiohttp.connector.Connection:
        # aiohttp never asks the resolver about literal addresses.
        _check(req.url.host or "", self._allow_loopback)
        return await super().connect(req, traces, timeout)


class _Resolver(AbstractResolver):
    def __init__(self, inner: AbstractResolver, allow_loopback: bool) -> None:
        self._inner = inner
        self._allow_loopback = allow_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            _check(result["host"], self._allow_loopback)
        return found

    async def close(self) -> None:
        await self._inner.close()


def _check(host: str, allow_loopback: bool) -> None:
    if not host_allowed(host, allow_loopback=allow_loopback):
        raise WrongAddress("The API URL leads into a private or reserved network: check the API URL.")


def _connection_error(
    error: aiohttp.ClientError | TimeoutError, question: Question[Any]
) -> ActiveCampaignError:
    """A certificate that does not fit will not fit tomorrow; anything else may pass. An import whose
    connection stood may have arrived.
    """
    subject = question.subject
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return WrongAddress(f"The host's TLS certificate is not valid for it ({subject}): check the API URL.")
    unreached = _unreached(error)
    if unreached:
        return Unavailable(f"ActiveCampaign was not reached for {subject}: {unreached}.")
    lost = "it did not come in time" if isinstance(error, TimeoutError) else "the connection broke"
    return Unavailable(f"ActiveCampaign's answer to {subject} was lost: {lost}.", in_doubt=question.imports)


def _unreached(error: aiohttp.ClientError | TimeoutError) -> str | None:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host name was not resolved"
    if isinstance(error, aiohttp.ClientSSLError):
        return "no TLS connection was agreed on"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "connecting took too long"
    return "no connection was accepted" if isinstance(error, aiohttp.ClientConnectorError) else None
