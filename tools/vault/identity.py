"""The managed identity endpoint of App Service and Functions, as azure-identity asks it for tokens.

Microsoft's "How to use managed identities for App Service and Azure Functions", REST endpoint reference,
gives its form: api-version 2019-08-01, X-IDENTITY-HEADER and the fields of the answer.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tools.vault import tokens
from tools.vault.faults import Faults

SYSTEM_ASSIGNED = "5e9e0000-0000-4000-8000-00000000000a"
"""The client id in the tokens of a caller that names none."""

_LIFETIME = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What a token was given for; `client_id` is None for the system-assigned identity."""

    resource: str
    client_id: str | None


class Identity:
    """Gives a token for any resource to whoever knows `header`; `requests` lists those it gave, in order."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.header = secrets.token_hex(16)
        self.faults = Faults()
        self.requests: list[TokenRequest] = []

    def reset(self) -> None:
        """No faults, nothing asked."""
        self.faults.clear()
        self.requests.clear()

    def application(self) -> web.Application:
        """The one route, at `/msi/token`."""
        application = web.Application()
        application.router.add_get("/msi/token", self._token)
        return application

    async def _token(self, request: web.Request) -> web.Response:
        if request.headers.get("X-IDENTITY-HEADER") != self.header:
            return _refusal(401, "X-IDENTITY-HEADER is not the value of IDENTITY_HEADER")
        if fault := await self.faults.respond(request):
            return fault
        if request.query.get("api-version") != "2019-08-01":
            return _refusal(400, "api-version is not 2019-08-01")
        if not (resource := request.query.get("resource")):
            return _refusal(400, "resource is missing")
        asked = TokenRequest(resource=resource, client_id=request.query.get("client_id"))
        self.requests.append(asked)
        return self._grant(asked)

    def _grant(self, asked: TokenRequest) -> web.Response:
        now = int(self._clock())
        client_id = asked.client_id or SYSTEM_ASSIGNED
        token = tokens.write(audience=asked.resource, client_id=client_id, issued_at=now, lifetime=_LIFETIME)
        return web.json_response(
            {
                "access_token": token,
                "client_id": client_id,
                "expires_on": str(now + _LIFETIME),
                "not_before": str(now),
                "resource": asked.resource,
                "token_type": "Bearer",
            }
        )


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
