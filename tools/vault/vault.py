"""Key Vault's data plane for secrets, as far as its SDK client asks for it."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web

from tools.vault import tokens, wire
from tools.vault.faults import Faults
from tools.vault.routes import SecretRoutes
from tools.vault.secrets import Secrets, VaultRefusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Vault:
    """A vault whose secrets, faults and counts are in the reach of whoever runs it.

    `reads` counts, by name in lower case, how often a value was given out. Faults befall requests that have
    a valid token, so that their number does not depend on what a client remembers of its last challenge.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.secrets = Secrets(clock)
        self.faults = Faults()
        self.reads: Counter[str] = Counter()

    def reset(self) -> None:
        """No secrets, no faults, nothing read."""
        self.secrets.clear()
        self.faults.clear()
        self.reads.clear()

    def application(self) -> web.Application:
        """The vault's routes; to be served over TLS, since the SDK sends no token over anything else."""
        application = web.Application(middlewares=[self._refuse, self._authenticate, self._misbehave])
        application.add_routes(SecretRoutes(self.secrets, self.reads).table())
        return application

    @web.middleware
    async def _refuse(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except VaultRefusal as error:
            return web.json_response(wire.refusal(error), status=error.status)

    @web.middleware
    async def _authenticate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # The client insists that the vault's host and port end in a dot and the resource's. An address has
        # no domain to end in, but 127.0.0.1 ends in .0.0.1, which is as good to the client.
        resource = f"https://0.0.1:{request.url.port}"
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and tokens.is_valid(token, audience=resource, at=self._clock()):
            return await handler(request)
        authority = f"https://login.invalid/{tokens.TENANT}"
        challenge = f'Bearer authorization="{authority}", resource="{resource}"'
        refusal = VaultRefusal(401, "Unauthorized", "A token for this vault is needed.")
        return web.json_response(
            wire.refusal(refusal), status=refusal.status, headers={"WWW-Authenticate": challenge}
        )

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return await self.faults.respond(request) or await handler(request)
