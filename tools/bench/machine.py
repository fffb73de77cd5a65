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
    """The most memory that processes and all they started had at once, looked at ten times a second.

    A page that several processes share is counted once (Linux, proportional set size).
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
            self._peak = max(self._peak, *(_occupied(root) for root in self._roots))
            await asyncio.sleep(0.1)


def _occupied(root: psutil.Process) -> int:
    total = 0
    for process in (root, *root.children(recursive=True)):
        total += _proportional(process.pid)
    return total


def _proportional(pid: int) -> int:
    """Bytes; 0 for a process that has just ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
