"""What torture may end in, and how much time and memory it may take."""

import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy

from shared.errors import SegmentExportError

LONGEST_MESSAGE = 2000
"""Characters; an error is read by people, and kept in records."""
_EXAMPLES = 100
_PEAK = Path("/proc/self/clear_refs")


def clearly[**P, T](call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | None:
    """What the call gives, None where it raises one of our errors, which has to be short; others go up."""
    try:
        return call(*arguments, **named)
    except SegmentExportError as error:
        message = str(error)
    assert 0 < len(message) <= LONGEST_MESSAGE, f"{len(message):,} characters: {message[:200]}"
    return None


@contextmanager
def bounded(*, seconds: float, mebibytes: float) -> Iterator[None]:
    """Fails where the block takes more processor time, or more memory at once, than this."""
    before, memory = time.process_time(), _Memory()
    yield
    taken, more = time.process_time() - before, memory.more()
    assert taken <= seconds, f"it took {taken:.1f} s"
    assert more <= mebibytes, f"it took {more:.0f} MiB"


class _Memory:
    """How far the memory of this process rises: as Linux counts it, at no cost, or as Python does."""

    def __init__(self) -> None:
        self._linux = _PEAK.exists()
        if self._linux:
            _PEAK.write_text("5")
            self._before = _resident("VmRSS")
        else:
            tracemalloc.start()

    def more(self) -> float:
        """MiB of the highest point above the beginning."""
        if self._linux:
            return (_resident("VmHWM") - self._before) / 1024
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak / 1024 / 1024


def _resident(what: str) -> int:
    """KiB (Linux, proc_pid_status(5); writing 5 to clear_refs resets the highest point)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def processor_time(call: Callable[[], object]) -> float:
    """Seconds that a call takes, not counting those of other processes."""
    before = time.process_time()
    call()
    return time.process_time() - before


def fuzz(*strategies: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Makes a test of a check: always the same examples, then others for TORTURE_SECONDS (default: none)."""

    def decorate(check: Callable[..., None]) -> Callable[[], None]:
        run = settings(
            max_examples=_EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )(given(*strategies)(check))

        def test() -> None:
            end = time.monotonic() + float(os.environ.get("TORTURE_SECONDS", "0"))
            for number in count():
                seed(number)(run)()
                if time.monotonic() >= end:
                    return

        test.__name__ = check.__name__
        return test

    return decorate
