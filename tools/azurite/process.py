"""One Azurite process."""

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tools import local
from tools.azurite.output import PORT_OPTIONS, await_ports
from tools.vault.certificates import Certificates

ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of every emulated account, published by Microsoft (Azurite's README, default storage account)."""

_LIFELINE = Path(__file__).with_name("lifeline.cjs")
_ROOM = "--max-semi-space-size=64"
"""Megabytes for what lives as long as a request; with the 16 of Node 20 each takes longer (measured)."""
_START_SECONDS = 60
_STOP_SECONDS = 10


class Azurite:
    """The real Azurite on 127.0.0.1; in a `with` block, or by `start` and `stop`, again and again.

    Blobs and queues are kept in `location`, and with it they outlive a stop; without, they are kept in
    memory. Port 0 is any free port; every later start takes the same ports again. With `certificates` it
    speaks https and takes Entra ID tokens, of which it checks the claims but not the signature (measured).

    The methods block, for about a second to start: in a coroutine, call them by `asyncio.to_thread`.
    """

    def __init__(
        self,
        *,
        location: Path | None = None,
        certificates: Certificates | None = None,
        blob_port: int = 0,
        queue_port: int = 0,
    ) -> None:
        self._location = location
        self._certificates = certificates
        self._ports = {"Blob": blob_port, "Queue": queue_port, "Table": 0}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def blob_url(self) -> str:
        """The address of the blob service, account included, without a slash at its end."""
        return self._url("Blob")

    @property
    def queue_url(self) -> str:
        """The address of the queue service, account included, without a slash at its end."""
        return self._url("Queue")

    @property
    def connection_string(self) -> str:
        """For every storage client, by account key."""
        scheme = "https" if self._certificates else "http"
        return (
            f"DefaultEndpointsProtocol={scheme};AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint={self.blob_url};QueueEndpoint={self.queue_url};"
        )

    @property
    def pid(self) -> int | None:
        """The process id of Node, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Returns when every service listens. Raises AzuriteError where one cannot."""
        if self._process:
            return
        with tempfile.TemporaryFile() as output:
            # A session of its own, so that Ctrl-C reaches the owner, who then stops it.
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"AZURITE_ACCOUNTS": f"{ACCOUNT}:{ACCOUNT_KEY}"},
                start_new_session=True,
            )
            try:
                self._ports = await_ports(self._process, output, seconds=_START_SECONDS)
            except BaseException:
                self.kill()
                raise

    def stop(self) -> None:
        """Ends it in good order, so that what `location` holds is complete."""
        if not self._process:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._forget(self._process)

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if not self._process:
            return
        self._process.kill()
        self._forget(self._process)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _url(self, service: str) -> str:
        scheme = "https" if self._certificates else "http"
        return f"{scheme}://127.0.0.1:{self._ports[service]}/{ACCOUNT}"

    def _command(self) -> list[str]:
        # Telemetry is on by default, and the SDK's API version is newer than the ones Azurite knows.
        command = [str(local.node()), _ROOM, "--require", str(_LIFELINE), str(local.azurite())]
        command += ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        for service, option in PORT_OPTIONS.items():
            command += [option, str(self._ports[service])]
        command += ["--location", str(self._location)] if self._location else ["--inMemoryPersistence"]
        if self._certificates:
            command += ["--cert", str(self._certificates.chain), "--key", str(self._certificates.key)]
            command += ["--oauth", "basic"]
        return command

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        if process.stdin:
            process.stdin.close()
        self._process = None
