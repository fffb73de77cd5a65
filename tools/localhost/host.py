"""The host of one function app: its workers, its listeners, its HTTP server."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.localhost.admin import Admin
from tools.localhost.connections import Connections
from tools.localhost.functions import Function
from tools.localhost.history import History, Invocation
from tools.localhost.hostjson import HostJson, read_host_json
from tools.localhost.http import HttpFunctions
from tools.localhost.instances import Instances
from tools.localhost.invocations import Invocations
from tools.localhost.keys import Keys
from tools.localhost.listeners import Listeners
from tools.localhost.outputs import QueueOutputs
from tools.localhost.routes import Routes
from tools.localhost.schedules import host_id
from tools.localhost.server import Server
from tools.localhost.settings import Settings

log = logging.getLogger(__name__)

GRACE_SECONDS = 5.0
INVISIBILITY_SECONDS = 600


class Host:
    """An async context manager: inside it, the app runs.

    `settings` is all that the app gets to see of an environment, beside PATH and the like. Port 0 takes a
    free one. Without a `secrets` folder the keys last as long as the host. `invisibility` is how long, in
    seconds, a received queue message stays hidden if the host dies; `grace` is how long functions may go on
    running when it ends in order. `announce` is told, a line each, which processes the workers are. Entering
    raises HostError where the app cannot run.
    """

    def __init__(
        self,
        app_dir: Path | str,
        settings: Mapping[str, str],
        *,
        port: int = 0,
        instances: int = 1,
        secrets: Path | None = None,
        invisibility: int = INVISIBILITY_SECONDS,
        grace: float = GRACE_SECONDS,
        announce: Callable[[str], None] = log.info,
    ) -> None:
        self.functions: list[Function] = []
        self.keys: Keys
        self._app_dir = Path(app_dir).resolve()
        self._environment = dict(settings)
        self._settings = Settings(settings)
        self._port = port
        self._size = instances
        self._secrets = secrets
        self._invisibility = invisibility
        self._grace = grace
        self._announce = announce
        self._history = History()
        self._server: Server
        self._instances: Instances
        self._listeners: Listeners
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def history(self) -> list[Invocation]:
        """What has run, in the order of its end (the last 10,000)."""
        return list(self._history)

    @property
    def running(self) -> list[Invocation]:
        """What runs now."""
        return self._history.running

    @property
    def worker_pids(self) -> list[int]:
        """The processes of the live workers, in the order of the instances."""
        return self._instances.pids

    @property
    def settled_pids(self) -> list[int]:
        """Those of them that may end without counting as workers that cannot start."""
        return self._instances.settled_pids

    async def wait_for(
        self,
        predicate: Callable[["Host"], bool],
        timeout: float = 10.0,  # noqa: ASYNC109 - without a bound a test would hang
    ) -> None:
        """Return when the predicate holds; it is asked again when an invocation or a worker begins or ends.

        Raises TimeoutError after so many seconds, and HostError where the host has given up.
        """
        async with asyncio.timeout(timeout):
            await self._history.wait_for(lambda: self._instances.failure is not None or predicate(self))
        self._raise_failure()

    async def until_failed(self) -> None:
        """Wait until the host gives up, which raises HostError."""
        await self._history.wait_for(lambda: self._instances.failure is not None)
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._instances.failure is not None:
            raise self._instances.failure

    async def _start(self, stack: AsyncExitStack) -> None:
        options = read_host_json(self._app_dir, self._settings)
        self._server = Server(self._port)
        stack.push_async_callback(self._server.close)
        connections = Connections(self._settings)
        stack.push_async_callback(connections.close)
        self._instances = Instances(
            self._size,
            app_dir=self._app_dir,
            environment={"WEBSITE_HOSTNAME": f"127.0.0.1:{self._server.port}", **self._environment},
            history=self._history,
            announce=self._announce,
        )
        stack.push_async_callback(self._instances.stop)
        self.functions = await self._instances.start()
        invocations = self._listen(connections, options)
        await self._serve(invocations, prefix=options.route_prefix)
        self._listeners.start()
        stack.push_async_callback(self._end)

    def _listen(self, connections: Connections, options: HostJson) -> Invocations:
        outputs = QueueOutputs(
            connections=connections,
            settings=self._settings,
            base64=options.queues.base64,
            sent=lambda url: self._listeners.wake(url),
        )
        invocations = Invocations(history=self._history, outputs=outputs, timeout=options.function_timeout)
        self._listeners = Listeners(
            settings=self._settings,
            connections=connections,
            invocations=invocations,
            options=options.queues,
            invisibility=self._invisibility,
            host_id=host_id(self._settings, self._app_dir),
        )
        for function in self.functions:
            outputs.check(function)
            self._listeners.add(function, self._instances.all)
        return invocations

    async def _serve(self, invocations: Invocations, *, prefix: str) -> None:
        http = [function for function in self.functions if function.trigger.type == "httpTrigger"]
        self.keys = Keys((function.name for function in http), folder=self._secrets)
        enabled = [function for function in http if not self._settings.is_disabled(function.name)]
        functions = HttpFunctions(
            routes=Routes(enabled, prefix=prefix),
            keys=self.keys,
            instances=self._instances,
            invocations=invocations,
        )
        admin = Admin(
            functions=self.functions, keys=self.keys, instances=self._instances, invocations=invocations
        )
        await self._server.start(functions=functions, admin=admin)

    async def _end(self) -> None:
        """Take on nothing more, give what runs the time to end, then end the workers under it."""
        await self._server.stop()
        self._listeners.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace):
                await self._history.wait_for(lambda: not self._history.running)
        await self._instances.stop()
        await self._listeners.join()
