"""What every API request passes: evidence, faults, the key, the account's limit, then its endpoint."""

import asyncio
from dataclasses import replace

from aiohttp import web

from tools.sandbox.account import Account
from tools.sandbox.api.routes import route, template
from tools.sandbox.calls import Answer, Call
from tools.sandbox.delivery import drop, half_of, response_of, wait_for_end
from tools.sandbox.evidence import IMPORT
from tools.sandbox.faults import Fault
from tools.sandbox.imports import draw
from tools.sandbox.mishaps import over_rate, wrong_answer, wrong_key

PREFIX = "/api/3/"


class Gate:
    """Answers requests under /api/3 for one account; `closing` ends the answers that never come."""

    def __init__(self, account: Account, closing: asyncio.Event) -> None:
        self._account = account
        self._closing = closing

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or lose it as a fault says."""
        call = await self._read(request)
        evidence = self._account.evidence
        evidence.arrived(call.arrived, template(call), call.body)
        ending = "lost"
        try:
            self._account.settle()
            fault = self._account.faults.strike(call.endpoint, "before")
            if fault is not None and not fault.lets_pass:
                response = await self._misbehave(request, call, fault, None)
            else:
                self._act(fault)
                response = await self._carry_out(request, call)
            ending = str(response.status) if isinstance(response, web.Response) else "lost"
            return response
        finally:
            evidence.left(ending)

    async def _read(self, request: web.Request) -> Call:
        body = await request.read()
        return Call(
            method=request.method,
            path=request.path.removeprefix(PREFIX),
            query=request.query,
            body=body,
            token=request.headers.get("Api-Token"),
            arrived=self._account.clock.now(),
            origin=f"{request.scheme}://{request.host}",
        )

    async def _carry_out(self, request: web.Request, call: Call) -> web.StreamResponse:
        answer = self._judge(call)
        knobs = self._account.knobs
        latency = draw(self._account.random, knobs.bulk_latency if call.endpoint == IMPORT else knobs.latency)
        if latency:
            await self._account.clock.sleep(latency)
        fault = self._account.faults.strike(call.endpoint, "after")
        if fault is not None:
            return await self._misbehave(request, call, fault, answer)
        return self._response(call, answer)

    def _judge(self, call: Call) -> Answer:
        account, knobs = self._account, self._account.knobs
        if account.key is None or call.token != account.key:
            return wrong_key(account)
        limited = call.endpoint != IMPORT or knobs.bulk_uses_request_limit
        refused = limited and not account.limits.admit_request(call.arrived, knobs)
        answer = over_rate(account) if refused else route(account, call)
        return self._with_rate_headers(call, answer, refused=refused)

    def _with_rate_headers(self, call: Call, answer: Answer, *, refused: bool) -> Answer:
        knobs = self._account.knobs
        if knobs.requests_per_second is None or knobs.rate_headers == "never":
            return answer
        if knobs.rate_headers == "refused" and not refused:
            return answer
        remaining = self._account.limits.remaining(call.arrived, knobs)
        return answer.with_headers(
            {"RateLimit-Limit": str(knobs.requests_per_second), "RateLimit-Remaining": str(remaining)}
        )

    def _act(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.kind == "delete_list":
            self._account.directory.delete_list(fault.list_id)
        else:
            self._account.revoke_key()

    async def _misbehave(
        self, request: web.Request, call: Call, fault: Fault, answer: Answer | None
    ) -> web.StreamResponse:
        """The fault instead of the answer; without one the request has not been carried out."""
        match fault.kind:
            case "drop":
                return drop(request)
            case "hang":
                await wait_for_end(self._closing)
                return drop(request)
            case "delay":
                await self._account.clock.sleep(fault.seconds)
                later = replace(call, arrived=self._account.clock.now())
                return self._response(call, answer or self._judge(later))
            case "truncate" | "cut" | "stall":
                return await self._spoil(request, call, fault, answer or Answer())
        return self._response(call, wrong_answer(self._account, fault))

    async def _spoil(
        self, request: web.Request, call: Call, fault: Fault, answer: Answer
    ) -> web.StreamResponse:
        if fault.kind == "truncate":
            return self._response(call, replace(answer, body=answer.body[: len(answer.body) // 2]))
        await half_of(request, self._response(call, answer))
        if fault.kind == "stall":
            await wait_for_end(self._closing)
        return drop(request)

    def _response(self, call: Call, answer: Answer) -> web.Response:
        return response_of(answer, call.path, self._account.random)
