"""The host's own HTTP interface: state, and running a function by hand. Every call needs the master key."""

import asyncio
import json
from collections.abc import Sequence

from aiohttp import web

from tools.localhost.functions import Function
from tools.localhost.http import presented_key
from tools.localhost.instances import Instances
from tools.localhost.invocations import Invocations, Result
from tools.localhost.keys import ADMIN, Keys
from tools.localhost.triggers import input_by_hand

PREFIX = "/admin/"
WAIT_HEADER = "x-localhost-wait"


class Admin:
    """`GET /admin/host/status` and `POST /admin/functions/{name}` with `{"input": "…"}`."""

    def __init__(
        self, *, functions: Sequence[Function], keys: Keys, instances: Instances, invocations: Invocations
    ) -> None:
        self._functions = {function.name.casefold(): function for function in functions}
        self._keys = keys
        self._instances = instances
        self._invocations = invocations
        self._tasks: set[asyncio.Task[Result]] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """401 without the master key, 404 for what there is not."""
        if not self._keys.admits(presented_key(request), level=ADMIN):
            return web.Response(status=401)
        match request.method, request.path.removeprefix(PREFIX).split("/"):
            case "GET", ["host", "status"]:
                return web.json_response(self._status())
            case "POST", ["functions", name] if name.casefold() in self._functions:
                return await self._start(self._functions[name.casefold()], request)
        return web.Response(status=404)

    def _status(self) -> dict[str, object]:
        workers = [
            {"instance": each.number, "pid": each.pid, "ready": each.ready} for each in self._instances.all
        ]
        return {"id": "localhost", "state": "Running", "workers": workers}

    async def _start(self, function: Function, request: web.Request) -> web.Response:
        """202 at once, as on Azure; with the header `x-localhost-wait` 200 when the function has ended."""
        if function.trigger.type == "httpTrigger":
            return web.Response(status=400, text=f"{function.name} is an HTTP function: call its route")
        try:
            text = str(json.loads(await request.read() or b"{}").get("input") or "")
        except (ValueError, AttributeError):
            return web.Response(status=400, text='the body must be JSON: {"input": "..."}')
        run = self._invocations.run(function, input_by_hand(function, text), self._instances.next())
        task = asyncio.create_task(run)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if WAIT_HEADER not in request.headers:
            return web.Response(status=202)
        invocation = (await asyncio.shield(task)).invocation
        return web.json_response({"id": invocation.id, "ok": invocation.ok, "error": invocation.error})
