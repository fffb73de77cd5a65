"""The demo as a person starts it: `python -m tools.demo`, which is what scripts/demo runs."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from tools import local

COMMAND = [sys.executable, "-m", "tools.demo", "--profiles", "600", "--time-scale", "5"]
SOON = 10.0
"""Seconds in which everything has ended after Ctrl-C."""


@contextmanager
def demo() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=local.ROOT
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"the demo ended without {text!r}: {''.join(lines)}")


def children_of(process: subprocess.Popen[str]) -> list[Any]:
    """Its processes, as soon as there are some."""
    last = time.monotonic() + SOON
    children: list[Any] = []
    while not children:
        assert time.monotonic() < last, "the demo started no process"
        time.sleep(0.01)
        children = psutil.Process(process.pid).children(recursive=True)
    return children


def interrupt(process: subprocess.Popen[str]) -> str:
    """Ctrl-C; gives what it still printed."""
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=SOON)[0]


@pytest.fixture(scope="module")
def ended() -> subprocess.CompletedProcess[str]:
    """The demo from its start to its end, its output in a log."""
    done = subprocess.run(COMMAND, capture_output=True, cwd=local.ROOT, timeout=120, check=False)
    # As bytes, since a pipe of text turns every carriage return into a new line.
    return subprocess.CompletedProcess(COMMAND, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_the_demo_shows_every_step_and_every_check_holds(ended: subprocess.CompletedProcess[str]) -> None:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "started by the timer (refresh)" in ended.stdout
    assert "600 rows read = 6 rejected + 6 duplicate + 588 contacts" in ended.stdout
    assert "kill -9" in ended.stdout
    assert "577 unchanged, 6 withheld, 5 sent in 1 request" in ended.stdout
    assert "held, growth: the segments grew from 588 to 5,988 contacts" in ended.stdout
    assert "Time scale 5" in ended.stdout
    assert ended.stdout.count("✓") == 13
    assert "✗" not in ended.stdout
    assert not ended.stderr


def test_a_log_gets_lines_without_colours_or_animation(ended: subprocess.CompletedProcess[str]) -> None:
    assert "delivering: 0 of 588 accepted" in ended.stdout
    assert not {"\x1b", "\r"} & set(ended.stdout)


@pytest.mark.parametrize("moment", ["Real storage", "kill -9"])
def test_ctrl_c_ends_everything_without_a_traceback(moment: str) -> None:
    with demo() as process:
        read_until(process, moment)
        children = children_of(process)

        rest = interrupt(process)
        _, alive = psutil.wait_procs(children, timeout=SOON)

    assert process.returncode == 130
    assert "Interrupted: everything has ended." in rest
    assert "Traceback" not in rest
    assert not alive
