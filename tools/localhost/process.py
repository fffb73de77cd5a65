"""One worker process: started, greeted, asked, ended."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools import local
from tools.localhost import protos
from tools.localhost.channel import Channel, Exchange
from tools.localhost.errors import HostError

# `-P` and the deletion keep this repository off the app's sys.path.
LAUNCH = (
    "import sys; sys.path.insert(0, sys.argv[1]); from tools.localhost.worker import main;"
    " del sys.path[0]; main(*sys.argv[2:])"
)
START_SECONDS = 60.0
END_SECONDS = 2.0
# What a worker takes from the environment of the host beside the app settings.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


class WorkerProcess:
    """A live worker process with its channel."""

    def __init__(self, process: asyncio.subprocess.Process, channel: Channel) -> None:
        self._process = process
        self._channel = channel
        self._watch = asyncio.create_task(self._wait())

    @classmethod
    async def spawn(
        cls,
        *,
        exchange: Exchange,
        app_dir: Path,
        environment: Mapping[str, str],
        on_log: Callable[[Any], None],
    ) -> "WorkerProcess":
        """Start a process; it is of use after `load`."""
        channel = Channel(on_log)
        exchange.expect(channel)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", LAUNCH, str(local.ROOT), exchange.address, channel.worker_id),
            cwd=app_dir,
            env={name: os.environ[name] for name in INHERITED if name in os.environ} | dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            # What the app prints belongs with its log, not with the host's own words on stdout.
            stdout=2,
            start_new_session=True,  # Ctrl-C is for the host, which then ends its workers in order.
        )
        return cls(process, channel)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process has ended, or is about to."""
        return self._channel.lost

    async def wait(self) -> None:
        """Wait for the process to end."""
        await asyncio.shield(self._watch)

    async def load(self, app_dir: Path) -> Sequence[Any]:
        """Have the app imported and indexed: gives one RpcFunctionMetadata a function.

        Raises HostError with the app's own error where that fails, WorkerLost where the process ends.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                return await self._load(str(app_dir))
        except TimeoutError as error:
            raise HostError(f"the app was not imported within {START_SECONDS:.0f} s") from error

    async def _load(self, app_dir: str) -> Sequence[Any]:
        rpc = protos.messages()
        await self._channel.connected()
        init = rpc.WorkerInitRequest(host_version="4.0.0", function_app_directory=app_dir)
        answer = await self._channel.ask(worker_init_request=init)
        _check(answer, "the app cannot be loaded")
        if "HttpUri" in answer.capabilities:
            raise HostError(
                "the app uses HTTP streaming (azurefunctions.extensions.http), which the local host has not"
            )
        metadata = rpc.FunctionsMetadataRequest(function_app_directory=app_dir)
        answer = await self._channel.ask(functions_metadata_request=metadata)
        _check(answer, "the functions cannot be listed")
        functions = list(answer.function_metadata_results)
        for function in functions:
            load = rpc.FunctionLoadRequest(function_id=function.function_id, metadata=function)
            _check(
                await self._channel.ask(function_load_request=load),
                f"function {function.name} cannot be loaded",
            )
        return functions

    async def invoke(self, request: Any) -> Any:
        """Send an InvocationRequest, give the InvocationResponse; raises WorkerLost."""
        return await self._channel.ask(invocation_request=request)

    def kill(self) -> None:
        """End the process at once; it takes no more requests, and those under way fail."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._channel.lose()

    async def stop(self) -> None:
        """Ask the process to end, and kill it if it does not within two seconds."""
        self._channel.tell(worker_terminate=protos.messages().WorkerTerminate())
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self.wait()
        self.kill()
        await self.wait()

    async def _wait(self) -> None:
        await self._process.wait()
        self._channel.lose()


def _check(answer: Any, problem: str) -> None:
    result = answer.result
    if result.status == protos.messages().StatusResult.Success:
        return
    raise HostError(f"{problem}: {result.exception.message}\n{result.exception.stack_trace}".rstrip())
