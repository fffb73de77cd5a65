"""Keys of a ledger: how addresses are hashed and sealed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import ConfigurationError

DIGEST_BYTES = 16
_NONCE_BYTES = 12
_SMALLEST_SECRET = 32


@dataclass(frozen=True, slots=True)
class Hashing:
    """Hashes what a ledger compares: addresses, and what was sent for them. It holds the key itself."""

    key: bytes = field(repr=False)

    def digest(self, address: str) -> bytes:
        """The keyed hash of a normalised address: BLAKE2b as a MAC (RFC 7693), 16 bytes."""
        return blake2b(address.encode(), key=self.key, digest_size=DIGEST_BYTES).digest()

    def content_hasher(self, account: str) -> Callable[[bytes], bytes]:
        """Hashes what is sent for a contact, together with the account it is sent to."""
        base = blake2b(account.encode() + b"\n", key=self.key, digest_size=DIGEST_BYTES)

        def content(contact: bytes) -> bytes:
            hasher = base.copy()
            hasher.update(contact)
            return hasher.digest()

        return content


class LedgerKeys:
    """Made from one version of the vault's secret; the version stands in the ledger."""

    def __init__(self, *, version: str, hashing: bytes, sealing: bytes) -> None:
        self.version = version
        self.hashing = Hashing(hashing)
        self._sealing = AESGCM(sealing)

    @classmethod
    def derive(cls, secret: str, version: str) -> Self:
        """Two independent keys by HKDF (RFC 5869). Raises ConfigurationError where the secret is short."""
        if len(secret) < _SMALLEST_SECRET:
            raise ConfigurationError(
                f"the ledger secret has fewer than {_SMALLEST_SECRET} characters; store a random one, for "
                "example the output of: openssl rand -base64 32"
            )
        derived = HKDF(SHA256(), 64, salt=None, info=b"segment-export ledger").derive(secret.encode())
        return cls(version=version, hashing=derived[:32], sealing=derived[32:])

    def digest(self, address: str) -> bytes:
        """The keyed hash of a normalised address, 16 bytes."""
        return self.hashing.digest(address)

    def seal(self, digest: bytes, address: str) -> bytes:
        """The address under AES-GCM.

        The nonce is the start of the address's own keyed hash: it repeats only with the same address, and so
        the same address is sealed the same way each time.
        """
        return self._sealing.encrypt(digest[:_NONCE_BYTES], address.encode(), digest)

    def unseal(self, digest: bytes, sealed: bytes) -> str:
        """The address again."""
        return self._sealing.decrypt(digest[:_NONCE_BYTES], sealed, digest).decode()
