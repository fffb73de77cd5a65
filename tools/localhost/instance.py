"""One instance of the app: a worker process that is started again whenever it ends."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from tools.localhost.errors import HostError, InvocationError, WorkerLost
from tools.localhost.process import WorkerProcess

log = logging.getLogger(__name__)

QUICK_SECONDS = 3.0
QUICK_STARTS = 3
DYING_POLL_SECONDS = 0.01
BACK_OFF = (0.0, 0.25, 0.5, 1.0)

type Spawn = Callable[[], Awaitable[WorkerProcess]]
type Load = Callable[[WorkerProcess], Awaitable[Sequence[Any]]]


class Instance:
    """Keeps one worker process up.

    A worker that ends within three seconds, and before it has finished an invocation, made a quick start; the
    fourth of these in a row ends the instance. The host's own kills (`functionTimeout`) do not count.
    """

    def __init__(
        self,
        number: int,
        *,
        spawn: Spawn,
        load: Load,
        announce: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self.number = number
        self.failure: HostError | None = None
        """Why the instance gave up, if it did."""
        self._spawn = spawn
        self._load = load
        self._announce = announce
        self._changed = changed
        self._stopped = False
        self._worker: WorkerProcess | None = None
        self._available = asyncio.Event()
        self._proven = False
        self._since = 0.0
        self._quick_starts = 0
        self._supervision: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the worker; None while there is none."""
        return None if self._worker is None or self._worker.ended else self._worker.pid

    @property
    def ready(self) -> bool:
        """Whether a worker stands by."""
        return self._available.is_set() and not self._stopped

    @property
    def settled(self) -> bool:
        """Whether a worker stands by whose end would be no quick start."""
        return self.ready and (self._proven or time.monotonic() - self._since >= QUICK_SECONDS)

    async def start(self) -> Sequence[Any]:
        """Start the worker and have the app loaded; gives its RpcFunctionMetadata. Raises HostError."""
        try:
            functions = await self._start_worker()
        except WorkerLost as error:
            raise HostError(f"worker {self.number} ended while it loaded the app; see its output") from error
        self._supervision = asyncio.create_task(self._supervise(functions))
        return functions

    async def available(self) -> None:
        """Wait until a worker stands by; raises InvocationError where none ever will."""
        while True:
            await self._available.wait()
            if self._stopped:
                raise InvocationError("the host has stopped")
            if self._worker is not None and not self._worker.ended:
                return
            await asyncio.sleep(DYING_POLL_SECONDS)  # Until the supervisor knows of the end, too.

    async def invoke(self, request: Any, seconds: float | None) -> Any:
        """Send an InvocationRequest to the available worker; gives the InvocationResponse.

        Raises WorkerLost where the process ends first, and InvocationError after so many seconds, when it is
        killed as on Azure, with everything else that runs in it.
        """
        worker = self._worker
        assert worker is not None
        try:
            async with asyncio.timeout(seconds):
                response = await worker.invoke(request)
        except TimeoutError as error:
            self._proven = True
            worker.kill()
            raise InvocationError(
                f"ran longer than functionTimeout ({seconds:g} s); its worker was killed"
            ) from error
        self._proven = True
        return response

    async def stop(self) -> None:
        """End the worker for good."""
        self._give_up()
        if self._supervision is not None:
            self._supervision.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervision
        if self._worker is not None:
            await self._worker.stop()

    async def _start_worker(self) -> Sequence[Any]:
        self._proven = False
        self._worker = worker = await self._spawn()
        self._announce(f"Worker {self.number} is process {worker.pid}")
        functions = await self._load(worker)
        self._since = time.monotonic()
        self._available.set()
        self._changed()
        return functions

    async def _supervise(self, functions: Sequence[Any]) -> None:
        while True:
            await self._outlive()
            if self._quick_starts > QUICK_STARTS:
                message = (
                    f"worker {self.number} ended right after its start {self._quick_starts} times in a row"
                )
                self.failure = HostError(f"{message}; see its output")
                self._give_up()
                return
            await asyncio.sleep(BACK_OFF[self._quick_starts])
            await self._restart(functions)

    async def _outlive(self) -> None:
        assert self._worker is not None
        await self._worker.wait()
        settled = self.settled
        self._available.clear()
        self._quick_starts = 0 if settled else self._quick_starts + 1
        log.warning("worker %d (process %d) has ended", self.number, self._worker.pid)
        self._changed()

    async def _restart(self, functions: Sequence[Any]) -> None:
        try:
            changed = await self._start_worker() != functions
        except WorkerLost:
            return
        except HostError as error:
            assert self._worker is not None
            log.error("worker %d: %s", self.number, error)
            self._worker.kill()
            return
        if changed:
            log.warning("the app's functions have changed; restart the host to have it use the new ones")

    def _give_up(self) -> None:
        self._stopped = True
        self._available.set()
        self._changed()
