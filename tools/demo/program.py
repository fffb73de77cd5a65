"""The demo as a program: its log, its signals, its exit code."""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.demo.options import Options, parse
from tools.demo.screen import Screen
from tools.demo.story import tell
from tools.localhost.rpclog import OneLine

_LOG_LINES = 40


def run() -> int:
    """Plays the demo; 0 where every claim holds, else 1. Raises KeyboardInterrupt after Ctrl-C."""
    options = parse()
    try:
        with _logged() as log:
            holds = asyncio.run(_play(options))
            if not holds:
                _show(log)
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    return 0 if holds else 1


async def _play(options: Options) -> bool:
    task = asyncio.current_task()
    assert task is not None
    # Ctrl-C is asyncio's own business: the first cancels this task, too, the second ends at once.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await tell(options, Screen())


@contextmanager
def _logged() -> Iterator[Path]:
    """Sends stderr, also of the processes that are started, to a file; shows its end after an error."""
    with tempfile.TemporaryDirectory(prefix="segment-export-demo-") as folder:
        log = Path(folder) / "demo.log"
        terminal = os.dup(2)
        with log.open("w") as file:
            os.dup2(file.fileno(), 2)
        logging.basicConfig(level=logging.INFO, handlers=[_handler()])
        logging.getLogger("azure").setLevel(logging.WARNING)
        # Every look of the demo at a run would be a line.
        logging.getLogger("tools.localhost.invocations").setLevel(logging.WARNING)
        try:
            yield log
        except Exception:
            _show(log)
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def _handler() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    return handler


def _show(log: Path) -> None:
    """The end of the log, with what functions and host said."""
    lines = log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
    print("", f"The last {len(lines)} lines of the log:", *lines, sep="\n", file=sys.stdout, flush=True)
