"""A server that does not share its caller's event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from threading import Thread
from types import TracebackType
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    thread: Thread
    runner: web.AppRunner


class BackgroundServer:
    """An aiohttp application on 127.0.0.1, in a thread with a loop of its own.

    So it outlives the loop of one test, and answers while the code under test blocks its own loop. Port 0
    is any free port; every later start takes the same port again. `application` makes a new application for
    each start, because aiohttp binds one to its loop.
    """

    def __init__(
        self, application: Callable[[], web.Application], *, port: int = 0, tls: SSLContext | None = None
    ) -> None:
        self._application = application
        self._port = port
        self._tls = tls
        self._running: _Running | None = None

    @property
    def url(self) -> str:
        """The server's address, without a slash at its end; known after the first start."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Returns when it listens. Raises OSError where the port is taken."""
        if self._running:
            return
        loop = asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            runner = asyncio.run_coroutine_threadsafe(self._listen(), loop).result()
        except BaseException:
            _end(loop, thread)
            raise
        self._running = _Running(loop=loop, thread=thread, runner=runner)
        self._port = runner.addresses[0][1]

    def stop(self) -> None:
        """Closes every connection; the address refuses new ones from here on."""
        if not self._running:
            return
        running, self._running = self._running, None
        asyncio.run_coroutine_threadsafe(running.runner.cleanup(), running.loop).result()
        _end(running.loop, running.thread)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _listen(self) -> web.AppRunner:
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port, ssl_context=self._tls).start()
        except BaseException:
            await runner.cleanup()
            raise
        return runner


def _end(loop: asyncio.AbstractEventLoop, thread: Thread) -> None:
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
