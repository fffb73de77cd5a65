"""The Bicep compiler as a process that goes on: it starts and warms up once, and then takes requests."""

import json
import os
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PATIENCE = 120
"""Seconds after which a request is given up and the process ended."""


class Refused(Exception):
    """The compiler answered with an error; this is its text."""


@dataclass(slots=True)
class Server:
    """`bicep jsonrpc`: JSON-RPC in messages with a Content-Length, as in the Language Server Protocol.

    The process starts with the first request.
    """

    program: Path
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _asked: int = field(default=0, init=False)

    def ask(self, method: str, **parameters: Any) -> Any:
        """The result. Raises Refused, and EOFError where the process ends without an answer."""
        self._process = process = self._process or self._started()
        self._asked += 1
        request = {"jsonrpc": "2.0", "id": self._asked, "method": f"bicep/{method}", "params": parameters}
        impatience = threading.Timer(_PATIENCE, process.kill)
        impatience.start()
        try:
            _send(process, json.dumps(request).encode())
            answer = json.loads(_received(process))
        finally:
            impatience.cancel()
        assert answer["id"] == self._asked
        if error := answer.get("error"):
            raise Refused(error["message"])
        return answer["result"]

    def end(self) -> None:
        """Ends the process, if there is one."""
        if self._process is not None:
            with self._process as process:
                process.kill()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self.program, "jsonrpc", "--stdio"],
            cwd=self.folder,
            # Optimizing for figures that take long to gather costs more than it saves.
            env={**os.environ, "DOTNET_TieredPGO": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )


def _send(process: subprocess.Popen[bytes], body: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    process.stdin.flush()


def _received(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    length = 0
    while line := process.stdout.readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    if not length:
        raise EOFError("the Bicep compiler ended without an answer")
    return process.stdout.read(length)
