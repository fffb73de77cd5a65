"""A running sandbox: one account on one port."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

from tools.sandbox.account import Account
from tools.sandbox.clock import Clock, ScaledClock
from tools.sandbox.control import Control
from tools.sandbox.delivery import drop_content_type
from tools.sandbox.faults import Fault
from tools.sandbox.gate import PREFIX, Gate
from tools.sandbox.knobs import Knobs
from tools.sandbox.memberships import Status
from tools.sandbox.people import Person, add_person
from tools.sandbox.views import contact_view, evidence, members

_LARGEST_REQUEST = 64 * 1024 * 1024
"""Bytes the HTTP library lets through; the API's own limit is far below and answers in its own words."""


class Sandbox:
    """An ActiveCampaign account on the loopback interface, while its `async with` block lasts.

    `clock` and `seed` decide all times and all chance. With `tls` it speaks https.
    """

    def __init__(
        self,
        *,
        knobs: Knobs | Mapping[str, object] | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        key: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not isinstance(knobs, Knobs):
            knobs = Knobs().changed(knobs or {})
        self.account = Account(clock=clock or ScaledClock(), knobs=knobs, seed=seed, key=key)
        self._host = host
        self._port = port
        self._tls = tls
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_LARGEST_REQUEST)
        app.on_response_prepare.append(drop_content_type)
        app.router.add_route("*", PREFIX + "{path:.*}", Gate(self.account, self._closing).handle)
        app.add_routes(Control(self.account).routes())
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port, ssl_context=self._tls)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._port = runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """What a user would paste as the API URL; `/api/3/...` comes after it."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._port}"

    @property
    def api_key(self) -> str:
        """The account's key; empty after it was revoked."""
        return self.account.key or ""

    def set_knobs(self, **changes: object) -> None:
        """Change knobs from now on; raises ValueError for a wrong one."""
        self.account.knobs = self.account.knobs.changed(changes)

    def add_fault(self, fault: Fault) -> None:
        """Let something go wrong."""
        self.account.faults.add(fault)

    def add_list(self, name: str) -> int:
        """A new list; gives its id."""
        return self.account.directory.catalogue.add_list(name, self.account.clock.now()).id

    def add_field(self, title: str, *, type: str = "text", options: Sequence[str] = ()) -> int:
        """A new custom field; gives its id."""
        now = self.account.clock.now()
        return self.account.directory.catalogue.add_field(title, now, type=type, options=options).id

    def add_person(self, person: Person) -> int:
        """Somebody who is there from the start; gives the contact's id."""
        self.account.settle()
        return add_person(self.account, person).id

    def unsubscribe(self, email: str, list_id: int) -> None:
        """A person, known or not, unsubscribed from the list."""
        self.add_person(Person(email=email, lists={list_id: "unsubscribed"}))

    def bounce(self, email: str) -> None:
        """Mail to a person, known or not, came back for good."""
        self.add_person(Person(email=email, bounced=True))

    def exclude(
        self, phrase: str, match: Literal["exact", "end"] = "exact", lists: tuple[int, ...] = ()
    ) -> None:
        """Put an address, or with `end` all that end so, on the exclusion list."""
        self.account.directory.exclusions.add(phrase, match, lists)

    def contact(self, email: str) -> dict[str, Any] | None:
        """The contact as of now, None for nobody."""
        self.account.settle()
        return contact_view(self.account, email)

    def members(self, list_id: int, status: Status | None = Status.ACTIVE) -> set[str]:
        """The lower-case addresses on the list as of now."""
        self.account.settle()
        return set(members(self.account, list_id, status))

    def evidence(self) -> dict[str, Any]:
        """What has happened so far; the README explains the keys."""
        self.account.settle()
        return evidence(self.account)
