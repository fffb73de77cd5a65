"""What was measured on."""

import asyncio
import contextlib
import os
import platform
from collections.abc import Collection
from pathlib import Path

import psutil


def describe() -> str:
    """Processor, cores, memory, Python: one line."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


class PeakMemory:
    """The most resident memory that processes and all they started had at once, looked at 20 times a second.

    Pages that processes share are counted for each of them.
    """

    def __init__(self, pids: Collection[int]) -> None:
        self._roots = [psutil.Process(pid) for pid in pids]
        self._peak = 0

    @property
    def megabytes(self) -> float:
        """The peak so far, of one root and what it started."""
        return self._peak / 1e6

    async def watch(self) -> None:
        """Looks until cancelled."""
        while True:
            self._peak = max(self._peak, *(_resident(root) for root in self._roots))
            await asyncio.sleep(0.05)


def _resident(root: psutil.Process) -> int:
    total = 0
    for process in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
