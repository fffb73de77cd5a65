"""Engines at work: in processes of their own where a plan is large, else in this one.

Python runs one thread at a time, so only further processes bring further cores. Each is a plain Python
process that takes commands on its standard input until that ends, so none outlives this one.
"""

import asyncio
import gc
import os
import pickle
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, BinaryIO, Protocol

from shared.errors import PlanningInterrupted
from shared.plans.engine import Engine, Setup
from shared.plans.spill import Spill

WORTH_A_PROCESS = 16 << 20
"""Bytes of partitions for which another process is worth the half second of its start (measured)."""
_LENGTH = struct.Struct("<Q")
_PIPE_BYTES = 1 << 20
_PROGRAM = "from shared.plans.processes import serve; serve()"


class Commands(Protocol):
    """Gives an engine's command; its results come one by one."""

    def __call__(self, command: str, *arguments: Any) -> AsyncIterator[Any]: ...


@asynccontextmanager
async def engines(setup: Setup, count: int) -> AsyncIterator[list[Commands]]:
    """So many engines in processes of their own; for one, this process has to do."""
    async with AsyncExitStack() as stack:
        files = stack.enter_context(Spill(count)).files
        if count > 1:
            yield [await stack.enter_async_context(_remote(setup, file, files)) for file in files]
            return
        engine = Engine(setup, files[0])
        stack.callback(engine.close)
        yield [_here(engine)]


def engines_for(size: int, allowed: int | None = None) -> int:
    """How many engines read so many bytes of partitions: no more than there are cores, or are allowed."""
    return max(1, min(allowed or os.process_cpu_count() or 1, size // WORTH_A_PROCESS))


def _here(engine: Engine) -> Commands:
    async def run(command: str, *arguments: Any) -> AsyncIterator[Any]:
        for result in _results(engine, command, arguments):
            yield result
            await asyncio.sleep(0)

    return run


@asynccontextmanager
async def _remote(setup: Setup, file: int, files: Sequence[int]) -> AsyncIterator[Commands]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PROGRAM,
        stdin=PIPE,
        stdout=PIPE,
        env=environment,
        pass_fds=files,
        limit=_PIPE_BYTES,
    )
    turn = asyncio.Lock()

    async def run(command: str, *arguments: Any) -> AsyncIterator[Any]:
        async with turn:
            await _send(process, (command, arguments))
            while (answer := await _receive(process)) is not None:
                yield answer[0]

    try:
        await _send(process, (setup, file))
        yield run
    finally:
        await _end(process)


async def _send(process: Process, content: object) -> None:
    assert process.stdin is not None
    try:
        process.stdin.writelines(_frame(content))
        await process.stdin.drain()
    except ConnectionError as error:
        raise _interrupted() from error


async def _receive(process: Process) -> tuple[Any] | None:
    """One result, wrapped; None at the end of a command. Raises what the engine raised."""
    assert process.stdout is not None
    try:
        (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
        # Our own process wrote it.
        answer = pickle.loads(await process.stdout.readexactly(length))
    except asyncio.IncompleteReadError as error:
        raise _interrupted() from error
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[no-any-return]  # pickle cannot know


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


def _interrupted() -> PlanningInterrupted:
    return PlanningInterrupted(
        "a process that planned has ended early, perhaps for want of memory; planning is tried again; where "
        "it happens each time, give instances more memory or set PLAN_PROCESSES to 1"
    )


def serve() -> None:
    """What such a process does: it takes commands on its standard input, and writes results to its output."""
    gc.disable()
    commands, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    engine = Engine(*_read(commands))
    while (request := _read(commands)) is not None:
        command, arguments = request
        try:
            for result in _results(engine, command, arguments):
                _write(results, (result,))
        except Exception as error:  # noqa: BLE001  # raised again in the process that planned
            _write(results, error)
        else:
            _write(results, None)


def _results(engine: Engine, command: str, arguments: tuple[Any, ...]) -> Iterable[Any]:
    result = getattr(engine, command)(*arguments)
    return result if isinstance(result, Iterator) else (result,)


def _read(pipe: BinaryIO) -> Any:
    """One message; None at the end."""
    head = pipe.read(_LENGTH.size)
    return pickle.loads(pipe.read(_LENGTH.unpack(head)[0])) if head else None


def _write(pipe: BinaryIO, content: object) -> None:
    pipe.writelines(_frame(content))
    pipe.flush()


def _frame(content: object) -> tuple[bytes, bytes]:
    data = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)), data
