"""Control over HTTP, under /control: the same as the Python interface, without key, limits or faults."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tools.sandbox.account import PARTS, Account
from tools.sandbox.faults import parse_fault
from tools.sandbox.memberships import Status
from tools.sandbox.people import add_person, parse_people
from tools.sandbox.views import contact_view, digest, evidence, members, state

type Handler = Callable[[web.Request], Awaitable[web.Response]]

_PAGE = 1000


class Control:
    """The control endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[web.RouteDef]:
        """Every endpoint with its handler."""
        return [
            web.route(method, f"/control/{path}", self._guarded(handler))
            for method, path, handler in self._table()
        ]

    def _table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "state", self._state),
            ("GET", "evidence", self._evidence),
            ("GET", "evidence/batches", self._batches),
            ("GET", "evidence/repeats", self._repeats),
            ("GET", "evidence/accepted", self._accepted),
            ("GET", "contact", self._contact),
            ("GET", "lists/{id}/members", self._members),
            ("POST", "lists", self._add_list),
            ("DELETE", "lists/{id}", self._delete_list),
            ("POST", "fields", self._add_field),
            ("POST", "people", self._add_people),
            ("POST", "exclusions", self._add_exclusion),
            ("GET", "knobs", self._knobs),
            ("PATCH", "knobs", self._set_knobs),
            ("GET", "faults", self._faults),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("POST", "key/revoke", self._revoke_key),
            ("POST", "key", self._new_key),
            ("POST", "finish-imports", self._finish_imports),
            ("POST", "reset", self._reset),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        """Bring the account up to now first; a mistake of the request becomes a 400 that names it."""

        async def guarded(request: web.Request) -> web.Response:
            self._account.settle()
            try:
                return await handler(request)
            except (ValueError, KeyError, TypeError) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

        return guarded

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(state(self._account))

    async def _evidence(self, request: web.Request) -> web.Response:
        return web.json_response(evidence(self._account))

    async def _batches(self, request: web.Request) -> web.Response:
        lines = [asdict(line) for line in _page(request, self._account.evidence.accepted)]
        return web.json_response({"batches": lines, "total": len(self._account.evidence.accepted)})

    async def _repeats(self, request: web.Request) -> web.Response:
        repeats = self._account.evidence.repeats
        shown = {email: asdict(repeats[email]) for email in _page(request, list(repeats))}
        return web.json_response({"repeats": shown, "total": len(repeats)})

    async def _accepted(self, request: web.Request) -> web.Response:
        return web.json_response({"times": self._account.evidence.times_accepted(request.query["email"])})

    async def _contact(self, request: web.Request) -> web.Response:
        contact = contact_view(self._account, request.query["email"])
        return web.json_response(contact, status=404 if contact is None else 200)

    async def _members(self, request: web.Request) -> web.Response:
        name = request.query.get("status", "active")
        status = None if name == "any" else Status[name.upper()]
        addresses = members(self._account, int(request.match_info["id"]), status)
        shown = _page(request, addresses)
        return web.json_response({"members": shown, "total": len(addresses), "sha256": digest(addresses)})

    async def _add_list(self, request: web.Request) -> web.Response:
        sent = await _json(request)
        one = self._account.directory.catalogue.add_list(sent["name"], self._account.clock.now())
        return web.json_response({"id": one.id}, status=201)

    async def _delete_list(self, request: web.Request) -> web.Response:
        self._account.directory.delete_list(int(request.match_info["id"]))
        return web.json_response({})

    async def _add_field(self, request: web.Request) -> web.Response:
        sent = await _json(request)
        title = sent.pop("title")
        one = self._account.directory.catalogue.add_field(title, self._account.clock.now(), **sent)
        return web.json_response({"id": one.id}, status=201)

    async def _add_people(self, request: web.Request) -> web.Response:
        people = parse_people((await _json(request))["people"])
        ids = [add_person(self._account, person).id for person in people]
        return web.json_response({"ids": ids}, status=201)

    async def _add_exclusion(self, request: web.Request) -> web.Response:
        sent = await _json(request)
        lists = tuple(int(id) for id in sent.get("lists", ()))
        one = self._account.directory.exclusions.add(sent["phrase"], sent.get("match", "exact"), lists)
        return web.json_response({"id": one.id}, status=201)

    async def _knobs(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._account.knobs))

    async def _set_knobs(self, request: web.Request) -> web.Response:
        self._account.knobs = self._account.knobs.changed(await _json(request))
        return await self._knobs(request)

    async def _faults(self, request: web.Request) -> web.Response:
        shown = [asdict(fault) | {"struck": struck} for fault, struck in self._account.faults.all()]
        return web.json_response({"faults": shown})

    async def _add_fault(self, request: web.Request) -> web.Response:
        self._account.faults.add(parse_fault(await _json(request)))
        return web.json_response({}, status=201)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self._account.faults.clear()
        return web.json_response({})

    async def _revoke_key(self, request: web.Request) -> web.Response:
        self._account.revoke_key()
        return web.json_response({})

    async def _new_key(self, request: web.Request) -> web.Response:
        return web.json_response({"key": self._account.new_key()}, status=201)

    async def _finish_imports(self, request: web.Request) -> web.Response:
        self._account.finish_imports()
        return web.json_response(state(self._account))

    async def _reset(self, request: web.Request) -> web.Response:
        parts = (await _json(request)).get("parts", PARTS)
        unknown = set(parts) - set(PARTS)
        if unknown:
            raise ValueError(f"there is no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
        self._account.reset(parts)
        return web.json_response(state(self._account))


async def _json(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    document = json.loads(body) if body else {}
    if not isinstance(document, dict):
        raise ValueError("the body must be a JSON object")
    return document


def _page[Item](request: web.Request, items: list[Item]) -> list[Item]:
    offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", _PAGE))
    return items[offset : offset + limit]
