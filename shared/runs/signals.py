"""What the tasks of a slice tell each other: go on, wait, stop."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from shared.errors import SegmentExportError
from shared.runs.verdicts import seconds_to_wait

ENDS_SLICE = 45.0
"""Seconds; a longer wait is left to a delayed message, since a sleeping function is paid for."""

Why = Literal["done", "deadline", "asked", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why the slice's work ended, and when it should go on, in epoch seconds."""

    why: Why
    wake_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """Another slice is needed, in so many seconds."""

    delay: float = 0.0


class Stopped(Exception):  # a signal, not an error
    """Raised where a request must not leave any more."""


@dataclass(slots=True, kw_only=True)
class Signals:
    """One slice's signals. Failures in a row double the wait, with jitter, up to five minutes."""

    still_ours: Callable[[], None]
    """Raises Fenced when another worker has taken over."""
    pause: Callable[[float], None]
    """Stops the account's requests for so many seconds."""
    now: Callable[[], float]
    """Epoch seconds."""
    chance: Callable[[], float] = random.random
    stop: Stop | None = None
    failures: int = 0
    _requesting: set[asyncio.Task[object]] = field(default_factory=set)

    def end(self, stop: Stop) -> None:
        """Ends the slice's work; the first reason counts."""
        self.stop = self.stop or stop

    def leaving(self) -> None:
        """Right before a request leaves. Raises Stopped or Fenced where it must not."""
        self.still_ours()
        if self.stop:
            raise Stopped
        if task := asyncio.current_task():
            self._requesting.add(task)

    def returned(self) -> None:
        """The current task's request is over."""
        if task := asyncio.current_task():
            self._requesting.discard(task)

    def is_requesting(self, task: asyncio.Task[None]) -> bool:
        """Whether the task has a request under way, which should not be cut off."""
        return task in self._requesting

    def answered(self) -> None:
        """A usable answer came; the next failure is the first again."""
        self.failures = 0

    def wait(self, error: SegmentExportError) -> None:
        """An answer asked to wait, or none came."""
        self.failures += 1
        seconds = seconds_to_wait(error, self.failures, self.chance())
        self.pause(seconds)
        if seconds > ENDS_SLICE:
            self.end(Stop(why="waiting", wake_at=self.now() + seconds))
