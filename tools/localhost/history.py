"""What the host has run and is running."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One run of one function; `ended`, `ok`, `error` are None while it runs, `error` also if all is well."""

    function: str
    id: str
    instance: int
    started: datetime
    ended: datetime | None = None
    ok: bool | None = None
    error: str | None = None


class History:
    """The last 10,000 invocations, oldest end first, and those under way."""

    def __init__(self) -> None:
        self._running: dict[str, Invocation] = {}
        self._ended: deque[Invocation] = deque(maxlen=KEPT)
        self._changed = asyncio.Event()

    def __iter__(self) -> Iterator[Invocation]:
        return iter(tuple(self._ended))

    def __len__(self) -> int:
        return len(self._ended)

    @property
    def running(self) -> list[Invocation]:
        """The invocations under way."""
        return list(self._running.values())

    def function_of(self, invocation_id: str) -> str | None:
        """The name of the function that runs under this id."""
        running = self._running.get(invocation_id)
        return None if running is None else running.function

    def begin(self, invocation: Invocation) -> None:
        """Note that it runs."""
        self._running[invocation.id] = invocation
        self.touch()

    def end(self, invocation: Invocation) -> None:
        """Note how it ended."""
        self._running.pop(invocation.id, None)
        self._ended.append(invocation)
        self.touch()

    def touch(self) -> None:
        """Have those who wait look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], bool]) -> None:
        """Return when the predicate holds; it is asked after each change."""
        while not predicate():
            await self._changed.wait()
