"""All instances of the app on this host."""

import asyncio
import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tools.localhost import rpclog
from tools.localhost.channel import Exchange
from tools.localhost.errors import HostError
from tools.localhost.functions import Function, read_function
from tools.localhost.history import History
from tools.localhost.instance import Instance
from tools.localhost.process import WorkerProcess

DEVELOPMENT = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development", "FUNCTIONS_WORKER_RUNTIME": "python"}


class Instances:
    """So many instances, numbered from 1, each with a worker process of its own."""

    def __init__(
        self,
        count: int,
        *,
        app_dir: Path,
        environment: dict[str, str],
        history: History,
        announce: Callable[[str], None],
    ) -> None:
        self._app_dir = app_dir
        self._environment = environment
        self._history = history
        self._announce = announce
        self._exchange = Exchange(workers=count)
        self.all = [self._instance(number) for number in range(1, count + 1)]
        self._turns = itertools.cycle(self.all)

    @property
    def pids(self) -> list[int]:
        """The processes of the live workers, in the order of the instances."""
        return [instance.pid for instance in self.all if instance.pid is not None]

    @property
    def settled_pids(self) -> list[int]:
        """Those of them whose end would not count as a quick start."""
        return [instance.pid for instance in self.all if instance.settled and instance.pid is not None]

    async def start(self) -> list[Function]:
        """Start all workers; gives the functions of the app. Raises HostError."""
        first, *others = self.all
        functions = [read_function(metadata) for metadata in await first.start()]
        results = await asyncio.gather(*(instance.start() for instance in others), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return functions

    def next(self) -> Instance:
        """The instance whose turn it is."""
        return next(self._turns)

    @property
    def failure(self) -> HostError | None:
        """Why one of them has given up, if one has."""
        return next((each.failure for each in self.all if each.failure is not None), None)

    async def stop(self) -> None:
        """End all workers."""
        await asyncio.gather(*(instance.stop() for instance in self.all))
        await self._exchange.close()

    def _instance(self, number: int) -> Instance:
        return Instance(
            number,
            spawn=partial(self._spawn, number),
            load=lambda worker: worker.load(self._app_dir),
            announce=self._announce,
            changed=self._history.touch,
        )

    async def _spawn(self, number: int) -> WorkerProcess:
        return await WorkerProcess.spawn(
            exchange=self._exchange,
            app_dir=self._app_dir,
            environment=DEVELOPMENT | {"WEBSITE_INSTANCE_ID": str(number)} | self._environment,
            on_log=self._log,
        )

    def _log(self, line: Any) -> None:
        rpclog.write(line, self._history.function_of(line.invocation_id))
