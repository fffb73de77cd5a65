"""What was measured on."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Processor, cores, memory, Python: one line."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def peak_memory_mb(pid: int) -> float:
    """The most resident memory a process ever had, in MB (Linux, proc(5), VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"/proc/{pid}/status says nothing of VmHWM")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
