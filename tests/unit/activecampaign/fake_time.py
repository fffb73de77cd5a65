"""An event loop whose time passes at once: sleepers are woken as soon as nobody has anything to do."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Lets time pass where a real one would wait."""

    def __init__(self, lateness: Callable[[], float]) -> None:
        super().__init__()
        self.now = 1000.0
        self._lateness = lateness

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits for somebody else")
        if timeout > 0:
            self.now += timeout + self._lateness()
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, selector: _Selector) -> None:
        super().__init__(selector)
        self._fake = selector

    def time(self) -> float:
        return self._fake.now


def run[T](main: Coroutine[Any, Any, T], lateness: Callable[[], float] = lambda: 0.0) -> T:
    """Runs `main` in fake time; `lateness` gives the seconds by which the next wake-up is late."""
    with asyncio.Runner(loop_factory=lambda: _Loop(_Selector(lateness))) as runner:
        return runner.run(main)


def clock() -> float:
    """The running loop's time in seconds."""
    return asyncio.get_running_loop().time()
