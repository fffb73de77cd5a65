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
        """Waits until all these lines are in the log."""
        self._waiting += new
        async with self._turn:
            if not any(new[-1] is waiting for waiting in self._waiting):
                return
            lines, self._waiting = self._waiting, []
            for foreign in await self._log.append(lines):
                self._fold(foreign)
            for written in lines:
                self._fold(written)
