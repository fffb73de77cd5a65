"""HTTP functions: requests in, as the worker wants them, and its responses out."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from tools.localhost import protos
from tools.localhost.functions import Function
from tools.localhost.instances import Instances
from tools.localhost.invocations import Invocations
from tools.localhost.keys import FUNCTION, Keys
from tools.localhost.routes import Routes
from tools.localhost.triggers import TriggerInput

BODY_LIMIT = 100 * 2**20
KEY_HEADER = "x-functions-key"
# aiohttp reckons these from the body.
OWN_HEADERS = ("content-length", "transfer-encoding")


def presented_key(request: web.Request) -> str | None:
    """The key the caller shows: the header, else `?code=`."""
    return request.headers.get(KEY_HEADER) or request.query.get("code")


class HttpFunctions:
    """Answers requests for HTTP functions.

    Headers reach the function as they came, `x-ms-client-principal` among them: on Azure it is App Service
    authentication that removes and sets those, and there is none here.
    """

    def __init__(self, *, routes: Routes, keys: Keys, instances: Instances, invocations: Invocations) -> None:
        self._routes = routes
        self._keys = keys
        self._instances = instances
        self._invocations = invocations

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """400 for headers that are no text, 404 where no function has this path and method, 401 for a wrong
        key, 500 where it fails.
        """
        if not _is_text(request):
            return web.Response(status=400)
        found = self._routes.find(request.method, request.rel_url.raw_path)
        if found is None:
            return web.Response(status=404)
        function, parameters = found
        level = function.trigger.text("authLevel", FUNCTION).upper()
        if not self._keys.admits(presented_key(request), level=level, function=function.name):
            return web.Response(status=401)
        trigger = TriggerInput(data=await _typed(request, parameters))
        trace = request.headers.get("traceparent", "")
        result = await self._invocations.run(function, trigger, self._instances.next(), trace=trace)
        if not result.ok:
            return web.Response(status=500)
        return _response(_output(function, result.outputs))


def _is_text(request: web.Request) -> bool:
    """Whether the headers are UTF-8; Kestrel refuses others (its RequestHeaderEncodingSelector)."""
    try:
        "".join(text for header in request.headers.items() for text in header).encode()
    except UnicodeEncodeError:
        return False
    return True


async def _typed(request: web.Request, parameters: Mapping[str, str]) -> Any:
    rpc = protos.messages()
    # The Azure host passes on only bodies of declared length; chunked ones arrive empty (its issue 4926).
    body = await request.read() if request.content_length else b""
    http = rpc.RpcHttp(
        method=request.method,
        url=str(request.url),
        headers=_joined((name.lower(), value) for name, value in request.headers.items()),
        query=_joined((name, value) for name, value in request.query.items() if value),
        params=parameters,
        body=rpc.TypedData(bytes=body) if body else None,
    )
    return rpc.TypedData(http=http)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _output(function: Function, outputs: Mapping[str, Any]) -> Any:
    name = next((binding.name for binding in function.outputs if binding.type == "http"), "$return")
    return outputs.get(name)


def _response(data: Any) -> web.Response:
    kind = None if data is None else data.WhichOneof("data")
    if kind is None:
        return web.Response(status=204)
    if kind != "http":
        content_type = "application/json" if kind == "json" else "text/plain"
        return web.Response(text=str(getattr(data, kind)), content_type=content_type)
    http = data.http
    response = web.Response(status=int(http.status_code or 200), body=http.body.bytes)
    response.headers.popall("Content-Type", None)
    for name, value in http.headers.items():
        if name.lower() not in OWN_HEADERS:
            response.headers[name] = value
    _set_cookies(response, http.cookies)
    return response


def _set_cookies(response: web.Response, cookies: Iterable[Any]) -> None:
    for cookie in cookies:
        same_site = cookie.SameSite.Name(cookie.same_site).removeprefix("Explicit")
        response.set_cookie(
            cookie.name,
            cookie.value,
            domain=cookie.domain.value or None,
            path=cookie.path.value or "/",
            expires=_expiry(cookie.expires.value) if cookie.HasField("expires") else None,
            max_age=int(cookie.max_age.value) if cookie.HasField("max_age") else None,
            secure=cookie.secure.value,
            httponly=cookie.http_only.value,
            samesite=same_site if cookie.same_site else None,
        )


def _expiry(timestamp: Any) -> str:
    return format_datetime(datetime.fromtimestamp(timestamp.ToSeconds(), UTC), usegmt=True)
