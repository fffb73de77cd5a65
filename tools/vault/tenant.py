"""A vault and an identity together, running."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.vault.background import BackgroundServer
from tools.vault.certificates import Certificates
from tools.vault.identity import Identity
from tools.vault.vault import Vault


class Tenant:
    """What the app finds in its Azure tenant: a Key Vault, and a managed identity to open it with.

    Use it in a `with` block. Certificates are written to `directory`. The servers run in threads, so what
    they hold (`vault.secrets`, `vault.faults`, `vault.reads`, `identity.requests`) may be looked at and
    changed at any time, and `vault_server.stop()` makes the vault unreachable until its `start()`.
    """

    def __init__(self, directory: Path, *, vault_port: int = 0, identity_port: int = 0) -> None:
        self.certificates = Certificates.issue(directory)
        self.vault = Vault()
        self.identity = Identity()
        self.vault_server = BackgroundServer(
            self.vault.application, port=vault_port, tls=self.certificates.server_context()
        )
        self.identity_server = BackgroundServer(self.identity.application, port=identity_port)
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            starting.enter_context(self.identity_server)
            starting.enter_context(self.vault_server)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def environment(self) -> dict[str, str]:
        """What a program needs in its environment, from its start, to find the vault and the identity.

        SSL_CERT_FILE replaces the machine's certificate authorities by ours: such a program reaches no
        https address but those with a certificate of this tenant.
        """
        return {
            "KEY_VAULT_URI": self.vault_server.url,
            "IDENTITY_ENDPOINT": f"{self.identity_server.url}/msi/token",
            "IDENTITY_HEADER": self.identity.header,
            "SSL_CERT_FILE": str(self.certificates.authority),
        }
