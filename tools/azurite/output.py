"""What Azurite prints while it starts: the ports it listens on, or why it does not."""

import os
import re
import subprocess
import time
from typing import IO

PORT_OPTIONS = {"Blob": "--blobPort", "Queue": "--queuePort", "Table": "--tablePort"}
"""Azurite's services by the names it prints, with the option for the port of each."""

_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at https?://127\.0\.0\.1:(\d+)")
_POLL_SECONDS = 0.02


class AzuriteError(Exception):
    """Azurite does not start."""


def await_ports(process: subprocess.Popen[bytes], output: IO[bytes], *, seconds: float) -> dict[str, int]:
    """The port of each service, once all of them listen.

    Raises AzuriteError where the process ends before that, or takes longer than `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        ended = process.poll() is not None
        # The process writes at the file's one position, so reading must not move it.
        text = os.pread(output.fileno(), 1 << 20, 0).decode(errors="replace")
        if ended:
            raise AzuriteError(f"Azurite ended with code {process.returncode}: {_last_words(text)}")
        if len(ports := _ports(text)) == len(PORT_OPTIONS):
            return ports
        if time.monotonic() > deadline:
            raise AzuriteError(f"Azurite does not listen after {seconds:g} seconds: {_last_words(text)}")
        time.sleep(_POLL_SECONDS)


def _ports(text: str) -> dict[str, int]:
    return {service: int(port) for service, port in _LISTENING.findall(text)}


def _last_words(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-3:]) or "it printed nothing"
