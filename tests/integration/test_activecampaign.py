"""The client against servers that misbehave, and against the sandbox."""

import asyncio
import ssl
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web

from shared.activecampaign.address import ApiAddress, parse_address
from shared.activecampaign.client import PAGE_SIZE, ActiveCampaign
from shared.activecampaign.model import Accepted, Membership, Outcome
from shared.activecampaign.pacing import Pacer
from shared.activecampaign.schedule import Limits
from shared.activecampaign.transport import MAX_ANSWER_BYTES, Timeouts, connector
from shared.activecampaign.wire import ContactEncoder, bulk_body
from shared.errors import (
    AccessDenied,
    ActiveCampaignError,
    ContactsRefused,
    ListNotFound,
    RateLimited,
    Unavailable,
    WrongAddress,
)
from tools.sandbox import LIFTED, Fault, Sandbox

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Ask = Callable[[ActiveCampaign], Awaitable[object]]

KEY = "0123456789abcdef"
ADDRESS = "jane.doe@example.com"
FAST = Limits(bulk_per_minute=1e6, single_per_minute=1e6, requests_per_second=1e5)
ME = {"user": {"id": "1", "username": "admin"}}


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client(
    url: str,
    *,
    key: str = KEY,
    pacer: Pacer | None = None,
    timeouts: Timeouts | None = None,
    over: aiohttp.BaseConnector | None = None,
    jar: aiohttp.abc.AbstractCookieJar | None = None,
    guard: Callable[[], None] = lambda: None,
) -> AsyncIterator[ActiveCampaign]:
    address = parse_address(url, allow_loopback_http=True)
    async with aiohttp.ClientSession(
        connector=over or connector(allow_loopback=True),
        cookie_jar=aiohttp.DummyCookieJar() if jar is None else jar,
    ) as session:
        yield ActiveCampaign(session, address, key, pacer or Pacer(FAST), timeouts=timeouts, guard=guard)


def body_of(*emails: str, list_id: int = 1) -> bytes:
    encoder = ContactEncoder(columns=["email"], list_ids=[list_id])
    return bulk_body([encoder.encode([email]) for email in emails], exclude_automations=True)


async def failure(asked: Awaitable[object]) -> ActiveCampaignError:
    with pytest.raises(ActiveCampaignError) as caught:
        await asked
    return caught.value


def fixed(status: int, text: str = "", **headers: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, content_type="application/json", headers=named)

    return handler


async def drop(request: web.Request) -> web.StreamResponse:
    await request.read()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hang(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def drip(request: web.Request) -> web.StreamResponse:
    """An answer that always has more to come."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def flood(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" " * (MAX_ANSWER_BYTES // 8))


async def half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"batchId":')
    assert request.transport is not None
    request.transport.abort()
    return response


async def test_a_request_carries_the_key_and_the_exact_body() -> None:
    seen: list[tuple[str, str | None, str | None, bytes]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        headers = request.headers
        seen.append(
            (request.path_qs, headers.get("Api-Token"), headers["Content-Type"], await request.read())
        )
        return web.json_response({"success": 1, "queued_contacts": 1, "batchId": "b-1"}, status=201)

    body = b'{"contacts":[{"email":"zo\xc3\xab@example.com"},  {}]}'
    async with serving(handler) as url, client(url) as activecampaign:
        accepted = await activecampaign.import_contacts(body, 2)

    assert accepted == Accepted(batch_id="b-1", queued=1)
    assert seen == [("/api/3/import/bulk_import", KEY, "application/json", body)]


@pytest.mark.parametrize(
    ("handler", "timeouts", "in_doubt"),
    [
        pytest.param(drop, None, True, id="dropped after it was read"),
        pytest.param(half, None, True, id="dropped within the answer"),
        pytest.param(hang, Timeouts(read=0.2), True, id="no answer"),
        pytest.param(hang, Timeouts(total=0.2), True, id="no answer in all the time"),
        pytest.param(drip, Timeouts(total=0.3), True, id="an answer without end, slowly"),
        pytest.param(flood, None, True, id="an answer without end, fast"),
        pytest.param(fixed(504, "<html>"), None, True, id="a gateway gave up"),
        pytest.param(fixed(503, "<html>"), None, False, id="not available"),
    ],
)
async def test_a_lost_answer_leaves_an_import_in_doubt(
    handler: Handler, timeouts: Timeouts | None, in_doubt: bool
) -> None:
    async with serving(handler) as url, client(url, timeouts=timeouts) as activecampaign:
        error = await failure(activecampaign.import_contacts(body_of(ADDRESS), 1))
        asked = await failure(activecampaign.me())

    assert isinstance(error, Unavailable)
    assert error.in_doubt is in_doubt
    assert isinstance(asked, Unavailable)
    assert asked.in_doubt is False


async def test_a_refused_connection_is_no_doubt() -> None:
    async with serving(fixed(200)) as url:
        pass
    async with client(url) as activecampaign:
        error = await failure(activecampaign.import_contacts(body_of(ADDRESS), 1))

    assert isinstance(error, Unavailable)
    assert error.in_doubt is False
    assert "no connection was accepted" in str(error)


class Nowhere(aiohttp.abc.AbstractResolver):
    def __init__(self, after: float) -> None:
        self.after = after

    async def resolve(self, *_: Any, **__: Any) -> list[aiohttp.abc.ResolveResult]:
        await asyncio.sleep(self.after)
        raise OSError(-3, "Temporary failure in name resolution")

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("after", "words"), [(0, "its host name was not resolved"), (30, "connecting took too long")]
)
async def test_a_host_that_is_not_reached_is_no_doubt(after: float, words: str) -> None:
    over = aiohttp.TCPConnector(resolver=Nowhere(after))
    async with client(
        "https://acme.api-us1.com", over=over, timeouts=Timeouts(connect=0.1)
    ) as activecampaign:
        error = await failure(activecampaign.import_contacts(body_of(ADDRESS), 1))

    assert isinstance(error, Unavailable)
    assert error.in_doubt is False
    assert words in str(error)


async def test_a_certificate_that_does_not_fit_is_a_wrong_address() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("elsewhere.example").configure_cert(tls)
    async with serving(fixed(200), tls) as url, client(url) as activecampaign:
        error = await failure(activecampaign.me())

    assert isinstance(error, WrongAddress)
    assert "certificate" in str(error)


async def test_https_to_a_server_of_plain_http_says_tls() -> None:
    async with (
        serving(fixed(200)) as url,
        client(url.replace("http://", "https://")) as activecampaign,
    ):
        error = await failure(activecampaign.me())

    assert isinstance(error, Unavailable)
    assert "TLS" in str(error)


async def test_a_redirect_is_not_followed() -> None:
    visited: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        visited.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async with serving(handler) as url, client(url) as activecampaign:
        error = await failure(activecampaign.me())

    assert isinstance(error, WrongAddress)
    assert visited == ["/api/3/users/me"]


async def test_cookies_are_never_sent_back() -> None:
    cookies: list[str | None] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        cookies.append(request.headers.get("Cookie"))
        return web.json_response(ME, headers={"Set-Cookie": "PHPSESSID=1; Path=/"})

    async with serving(handler) as url:
        keeping = aiohttp.CookieJar(unsafe=True)
        async with client(url, jar=keeping) as activecampaign:
            await activecampaign.me()
            await activecampaign.me()
        assert len(keeping) == 1

    assert cookies == [None, None]


@pytest.mark.parametrize(
    ("host", "allow_loopback"),
    [("localhost", False), ("127.0.0.1", False), ("[::ffff:127.0.0.1]", False), ("10.0.0.1", True)],
)
async def test_connections_into_private_networks_are_refused(host: str, allow_loopback: bool) -> None:
    visited: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        visited.append(request.path)
        return web.json_response(ME)

    async with (
        serving(handler) as url,
        aiohttp.ClientSession(connector=connector(allow_loopback=allow_loopback)) as session,
    ):
        base_url = url.replace("127.0.0.1", host) + "/api/3"
        address = ApiAddress(base_url=base_url, host=host, account="a")
        activecampaign = ActiveCampaign(session, address, KEY, Pacer(FAST))
        error = await failure(activecampaign.import_contacts(body_of(ADDRESS), 1))

    assert isinstance(error, WrongAddress)
    assert "private" in str(error)
    assert visited == []


async def test_loopback_by_name_is_reached_where_it_is_allowed() -> None:
    async with (
        serving(fixed(200, '{"user":{"id":1}}')) as url,
        client(url.replace("127.0.0.1", "localhost")) as activecampaign,
    ):
        user = await activecampaign.me()

    assert user.user_id == 1


@pytest.mark.parametrize("handler", [drop, hang, fixed(500, ADDRESS), fixed(200, ADDRESS)])
async def test_no_error_shows_an_address_or_the_key(handler: Handler) -> None:
    async with serving(handler) as url, client(url, timeouts=Timeouts(read=0.1)) as activecampaign:
        error = await failure(activecampaign.find_contact(ADDRESS))

    shown = "".join(traceback.format_exception(error))
    assert "jane" not in shown
    assert KEY not in shown
    assert error.__context__ is None


async def test_an_address_is_asked_for_with_all_its_characters() -> None:
    asked: list[str | None] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.query.get("email"))
        return web.json_response({"contacts": []})

    async with serving(handler) as url, client(url) as activecampaign:
        assert await activecampaign.find_contact("o'brien+news&x=1@example.com") is None

    assert asked == ["o'brien+news&x=1@example.com"]


def paged(*, total: object, ignores_offset: bool = False) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        ids = range(1, 251) if ignores_offset else range(1, 251)[offset : offset + min(limit, 100)]
        meta = {} if total is None else {"meta": {"total": total}}
        return web.json_response({"fields": [{"id": str(id_), "title": f"F{id_}"} for id_ in ids], **meta})

    return handler


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(paged(total="250"), id="total as text"),
        pytest.param(paged(total=250), id="total as number"),
        pytest.param(paged(total=None), id="no total"),
        pytest.param(paged(total=10_000), id="total too high"),
        pytest.param(paged(total=None, ignores_offset=True), id="offset is ignored"),
    ],
)
async def test_all_pages_are_read_each_field_once(handler: Handler) -> None:
    async with serving(handler) as url, client(url) as activecampaign:
        fields = await activecampaign.fields()

    assert [field.field_id for field in fields] == list(range(1, 251))


@pytest.mark.parametrize(
    ("handler", "seconds"),
    [
        pytest.param(fixed(429, "{}", Retry_After="40"), 40, id="429"),
        pytest.param(fixed(503, "", Retry_After="3600"), 3600, id="503"),
        pytest.param(fixed(502, '{"cloudflare_error":true,"retry_after":60}'), 60, id="Cloudflare"),
        pytest.param(fixed(400, '{"success":0,"message":"Rate limit exceeded."}'), 60, id="imports"),
    ],
)
async def test_a_wait_that_is_asked_for_stops_the_whole_account(handler: Handler, seconds: float) -> None:
    pacer = Pacer(FAST)
    async with serving(handler) as url, client(url, pacer=pacer) as activecampaign:
        error = await failure(activecampaign.import_contacts(body_of(ADDRESS), 1))
        paused_until = pacer.snapshot(time.time()).paused_until

    assert isinstance(error, RateLimited | Unavailable)
    assert error.retry_after == seconds
    assert paused_until is not None
    assert paused_until - time.time() == pytest.approx(seconds, abs=2)


async def test_the_last_request_of_a_second_ends_it() -> None:
    pacer = Pacer(FAST)
    handler = fixed(200, '{"user":{"id":1}}', RateLimit_Limit="5", RateLimit_Remaining="0")
    async with (
        serving(handler) as url,
        aiohttp.ClientSession(connector=connector(allow_loopback=True)) as session,
    ):
        address = parse_address(url, allow_loopback_http=True)
        activecampaign = ActiveCampaign(session, address, KEY, pacer, now=lambda: 1000.25)
        await activecampaign.me()
        paused_until = pacer.snapshot(0.0).paused_until

    assert paused_until is not None
    assert 0 < paused_until <= 0.75


async def test_the_guard_stops_a_request_before_it_leaves() -> None:
    class Stopped(Exception):
        pass

    def guard() -> None:
        raise Stopped

    # Nobody listens there: only a request that leaves would notice.
    async with client("http://127.0.0.1:9", guard=guard) as activecampaign:
        with pytest.raises(Stopped):
            await activecampaign.import_contacts(body_of(ADDRESS), 1)
        with pytest.raises(Stopped):
            await activecampaign.me()


@asynccontextmanager
async def sandboxed(**knobs: object) -> AsyncIterator[tuple[Sandbox, ActiveCampaign]]:
    async with (
        Sandbox(knobs={**LIFTED, **knobs}) as sandbox,
        client(sandbox.url, key=sandbox.api_key) as activecampaign,
    ):
        yield sandbox, activecampaign


async def test_the_sandbox_tells_who_we_are_and_what_there_is() -> None:
    async with sandboxed() as (sandbox, activecampaign):
        lists = [sandbox.add_list(f"List {number}") for number in range(120)]
        sizes = sandbox.add_field("Size", type="dropdown", options=["Small", "Large"])
        user = await activecampaign.me()
        limits = await activecampaign.account()
        found = await activecampaign.lists()
        one = await activecampaign.mailing_list(lists[3])
        field = next(field for field in await activecampaign.fields() if field.field_id == sizes)

    assert user.username
    assert limits is not None
    assert limits.subscriber_limit == 10_000_000
    assert {item.list_id for item in found} >= set(lists)
    assert one.name == "List 3"
    assert field.options == ("Small", "Large")


async def test_contacts_arrive_and_the_outcome_names_who_did_not() -> None:
    async with sandboxed() as (sandbox, activecampaign):
        news = sandbox.add_list("News")
        sandbox.unsubscribe("left@example.com", news)
        accepted = await activecampaign.import_contacts(
            body_of("a@example.com", "left@example.com", list_id=news), 2
        )
        outcome = await activecampaign.outcome(accepted.batch_id)
        unknown = await activecampaign.outcome("00000000-0000-4000-8000-000000000000")
        queue = await activecampaign.queue()
        contact = await activecampaign.find_contact("a@example.com")
        nobody = await activecampaign.find_contact("b@example.com")
        assert contact is not None
        memberships = await activecampaign.memberships(contact.contact_id)
        members = sandbox.members(news)

    assert accepted.queued == 2
    assert outcome == Outcome(state="completed", failures=("left@example.com",))
    assert unknown.state == "undecided"
    assert (queue.outstanding_batches, queue.completed_batches, queue.completed_contacts) == (0, 1, 2)
    assert nobody is None
    assert memberships == [Membership(list_id=news, status="subscribed")]
    assert members == {"a@example.com"}


async def test_the_account_tells_who_bounced_who_is_excluded_and_who_unsubscribed() -> None:
    async with sandboxed() as (sandbox, activecampaign):
        news, other = sandbox.add_list("News"), sandbox.add_list("Other")
        sandbox.bounce("bounced@example.com")
        sandbox.exclude("excluded@example.com")
        for number in range(101):
            sandbox.unsubscribe(f"left{number}@example.com", news)
        sandbox.unsubscribe("other@example.com", other)
        bounced = await activecampaign.find_contact("bounced@example.com")
        excluded = await activecampaign.exclusions(0)
        first = await activecampaign.unsubscribed(news, 0)
        rest = await activecampaign.unsubscribed(news, max(first.items))

    assert bounced is not None
    assert bounced.bounced
    assert [one.applies("excluded@example.com", {news}) for one in excluded.items.values() if one] == [True]
    assert (len(first.items), len(rest.items)) == (PAGE_SIZE, 1)
    assert {*first.items.values(), *rest.items.values()} == {f"left{n}@example.com" for n in range(101)}


async def test_refused_contacts_are_named_and_the_rest_can_be_sent_again() -> None:
    async with sandboxed() as (sandbox, activecampaign):
        news = sandbox.add_list("News")
        error = await failure(
            activecampaign.import_contacts(body_of("a@example.com", "b", "c@example.com"), 3)
        )
        await activecampaign.import_contacts(body_of("a@example.com", "c@example.com", list_id=news), 2)
        members = sandbox.members(news)

    assert isinstance(error, ContactsRefused)
    assert error.reasons.keys() == {1}
    assert members == {"a@example.com", "c@example.com"}


@pytest.mark.parametrize(
    ("auth_failure", "expected"),
    [
        ("json", AccessDenied),
        ("empty", AccessDenied),
        ("login_page", AccessDenied),
        ("redirect", WrongAddress),
    ],
)
async def test_a_wrong_key_is_noticed_however_it_shows(
    auth_failure: str, expected: type[ActiveCampaignError]
) -> None:
    async with (
        Sandbox(knobs={"auth_failure": auth_failure}) as sandbox,
        client(sandbox.url) as activecampaign,
    ):
        error = await failure(activecampaign.me())

    assert type(error) is expected


@pytest.mark.parametrize("status", [403, 404])
async def test_an_allowance_that_is_not_shown_is_none(status: int) -> None:
    async with sandboxed(settings_account=status) as (_, activecampaign):
        assert await activecampaign.account() is None


async def test_a_list_that_is_gone_is_not_found() -> None:
    async with sandboxed() as (_, activecampaign):
        error = await failure(activecampaign.mailing_list(4711))

    assert isinstance(error, ListNotFound)
    assert "4711" in str(error)


async def test_an_unknown_import_that_is_404_is_undecided() -> None:
    async with sandboxed(unknown_batch=404) as (_, activecampaign):
        outcome = await activecampaign.outcome("00000000-0000-4000-8000-000000000000")

    assert outcome.state == "undecided"


@pytest.mark.parametrize("bulk_limit_status", [400, 429])
async def test_the_limit_of_imports_is_a_wait(bulk_limit_status: int) -> None:
    async with sandboxed(bulk_per_minute=1, bulk_limit_status=bulk_limit_status) as (sandbox, activecampaign):
        body = body_of("a@example.com", "b@example.com", list_id=sandbox.add_list("News"))
        await activecampaign.import_contacts(body, 2)
        error = await failure(activecampaign.import_contacts(body, 2))

    assert isinstance(error, RateLimited)


@pytest.mark.parametrize("kind", ["drop", "html_error", "empty", "truncate", "cut"])
async def test_an_import_in_doubt_may_have_arrived(kind: Any) -> None:
    async with sandboxed() as (sandbox, activecampaign):
        news = sandbox.add_list("News")
        sandbox.add_fault(Fault(kind=kind, when="after"))
        error = await failure(activecampaign.import_contacts(body_of("a@example.com", list_id=news), 1))
        members = sandbox.members(news)

    assert isinstance(error, Unavailable)
    assert error.in_doubt
    assert members == {"a@example.com"}


async def test_the_default_pace_stays_within_the_limits_of_an_account() -> None:
    async with (
        Sandbox() as sandbox,
        client(sandbox.url, key=sandbox.api_key, pacer=Pacer(Limits())) as activecampaign,
    ):
        body = body_of("a@example.com", "b@example.com", list_id=sandbox.add_list("News"))
        imports = [activecampaign.import_contacts(body, 2) for _ in range(4)]
        questions = [activecampaign.queue() for _ in range(3)]
        started = time.monotonic()
        await asyncio.gather(*imports, *questions)
        taken = time.monotonic() - started

    shortest = 3 * Limits().bulk_interval
    assert shortest - 0.1 <= taken < 2 * shortest
    assert sandbox.evidence()["over_limit"] == 0
