"""Log lines written together: while one append is on its way, the next lines gather."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

Line = dict[str, Any]


class Appends(Protocol):
    """The part of a log that writing needs."""

    async def append(self, lines: Sequence[Line]) -> list[Line]: ...


class LogWriter:
    """Appends lines in the order given; a line is durable, and folded, when `write` returns."""

    def __init__(self, log: Appends, fold: Callable[[Line], None]) -> None:
        self._log = log
        self._fold = fold
        self._waiting: list[Line] = []
        self._turn = asyncio.Lock()

    async def write(self, line: Line) -> None:
        """Waits until the line is in the log."""
        await self.write_all([line])

    async def write_all(self, new: Sequence[Line]) -> None:
        """Waits until all these lines are in the log; after a failure they go with the next ones."""
        self._waiting += new
        async with self._turn:
            if not any(new[-1] is waiting for waiting in self._waiting):
                return
            lines = list(self._waiting)
            foreign = await self._log.append(lines)
            # Only now: had the append failed, those who wait would take their lines for written.
            del self._waiting[: len(lines)]
            for line in [*foreign, *lines]:
                self._fold(line)
