"""A certificate authority of our own, and one certificate for this machine."""

from dataclasses import dataclass
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Self

import trustme


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """PEM files: the authority that clients are to trust, and what a server on 127.0.0.1 shows."""

    authority: Path
    chain: Path
    key: Path

    @classmethod
    def issue(cls, directory: Path) -> Self:
        """Writes a new authority and a certificate for 127.0.0.1 and localhost into `directory`."""
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        files = cls(
            authority=directory / "authority.pem",
            chain=directory / "certificate.pem",
            key=directory / "key.pem",
        )
        authority.cert_pem.write_to_path(files.authority)
        for part, pem in enumerate(certificate.cert_chain_pems):
            pem.write_to_path(files.chain, append=part > 0)
        files.key.touch(mode=0o600)
        certificate.private_key_pem.write_to_path(files.key)
        return files

    def server_context(self) -> SSLContext:
        """For a server that shows the certificate."""
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context
