"""The HTTP server of the host, on the loopback address."""

import socket

from aiohttp import web

from tools.localhost.admin import PREFIX, Admin
from tools.localhost.errors import HostError
from tools.localhost.http import BODY_LIMIT, HttpFunctions

ADDRESS = "127.0.0.1"
GRACE_SECONDS = 1.0


class Server:
    """Takes its port at once (0 takes a free one), and answers from `start` on. Raises HostError."""

    def __init__(self, port: int) -> None:
        try:
            self._socket = socket.create_server((ADDRESS, port))
        except OSError as error:
            raise HostError(
                f"port {port} cannot be had: {error.strerror}; choose another with --port"
            ) from error
        self.port: int = self._socket.getsockname()[1]
        self._runner: web.AppRunner | None = None
        self._site: web.BaseSite | None = None

    async def start(self, *, functions: HttpFunctions, admin: Admin) -> None:
        """Begin to answer."""

        async def answer(request: web.Request) -> web.StreamResponse:
            return await (admin if request.path.startswith(PREFIX) else functions).answer(request)

        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", r"/{path:[\s\S]*}", answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_SECONDS)
        await self._runner.setup()
        self._site = web.SockSite(self._runner, self._socket)
        await self._site.start()

    async def stop(self) -> None:
        """Take no more connections."""
        if self._site is not None:
            await self._site.stop()

    async def close(self) -> None:
        """End what is left of the connections."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._socket.close()
