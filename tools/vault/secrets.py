"""The secrets of a vault: their versions, and what is left of the deleted ones."""

import re
import secrets as randomness
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_LARGEST_VALUE = 25_600
"""Bytes (Key Vault service limits: a secret holds up to 25 KB)."""


class VaultRefusal(Exception):
    """What the vault does not do, by HTTP status, with Key Vault's code and perhaps inner code for it."""

    def __init__(self, status: int, code: str, message: str, inner_code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.inner_code = inner_code


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretProperties:
    """What a caller may say of a version beside its value; times are Unix seconds."""

    enabled: bool = True
    expires: int | None = None
    not_before: int | None = None
    content_type: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretVersion:
    """One value that a secret has had; times are Unix seconds."""

    name: str
    version: str
    value: str = field(repr=False)
    created: int
    updated: int
    properties: SecretProperties


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedSecret:
    """What is kept of a deleted secret; `at` is the Unix second of its deletion."""

    versions: list[SecretVersion]
    at: int


class Secrets:
    """Secrets by name, in any case of letters, with versions from the oldest to the newest.

    Deleting is soft, as in every vault since 2020: the name is taken until the secret is recovered or purged.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._live: dict[str, list[SecretVersion]] = {}
        self._deleted: dict[str, DeletedSecret] = {}

    def set(self, name: str, value: str, properties: SecretProperties | None = None) -> SecretVersion:
        """A new version. Raises VaultRefusal where the name is invalid or deleted, or the value too large."""
        if not _NAME.fullmatch(name):
            raise VaultRefusal(400, "BadParameter", "A name is 1 to 127 letters, digits and hyphens.")
        if len(value.encode()) > _LARGEST_VALUE:
            raise VaultRefusal(400, "BadParameter", f"A value is at most {_LARGEST_VALUE} bytes.")
        if name.lower() in self._deleted:
            raise VaultRefusal(
                409,
                "Conflict",
                f"Secret {name} is deleted but recoverable; its name cannot be used.",
                "ObjectIsDeletedButRecoverable",
            )
        now = int(self._clock())
        secret = SecretVersion(
            name=name,
            version=randomness.token_hex(16),
            value=value,
            created=now,
            updated=now,
            properties=properties or SecretProperties(),
        )
        self._live.setdefault(name.lower(), []).append(secret)
        return secret

    def get(self, name: str, version: str | None = None) -> SecretVersion:
        """The newest version, or the one asked for, though it be expired. Raises VaultRefusal."""
        secret = self.find(name, version)
        if not secret.properties.enabled:
            raise VaultRefusal(403, "Forbidden", f"Secret {name} is disabled.", "SecretDisabled")
        return secret

    def find(self, name: str, version: str | None = None) -> SecretVersion:
        """As `get`, but also where it is disabled: what an administrator sees. Raises VaultRefusal."""
        versions = self._live.get(name.lower(), [])
        matching = [secret for secret in versions if version in (None, secret.version)]
        if not matching:
            raise VaultRefusal(404, "SecretNotFound", f"Secret {name} is not in this vault.")
        return matching[-1]

    def update(self, secret: SecretVersion, properties: SecretProperties) -> SecretVersion:
        """The same version with other properties."""
        new = replace(secret, updated=int(self._clock()), properties=properties)
        versions = self._live[secret.name.lower()]
        versions[versions.index(secret)] = new
        return new

    def newest(self) -> list[SecretVersion]:
        """The newest version of each secret, by name."""
        return [versions[-1] for _, versions in sorted(self._live.items())]

    def versions(self, name: str) -> list[SecretVersion]:
        """Every version, oldest first; none where there is no such secret."""
        return list(self._live.get(name.lower(), ()))

    def delete(self, name: str) -> DeletedSecret:
        """Moves a secret to the deleted ones. Raises VaultRefusal where there is none."""
        self.find(name)
        deleted = DeletedSecret(versions=self._live.pop(name.lower()), at=int(self._clock()))
        self._deleted[name.lower()] = deleted
        return deleted

    def deleted(self, name: str) -> DeletedSecret:
        """A deleted secret. Raises VaultRefusal where there is none."""
        if name.lower() not in self._deleted:
            raise VaultRefusal(404, "SecretNotFound", f"Secret {name} is not deleted in this vault.")
        return self._deleted[name.lower()]

    def recover(self, name: str) -> SecretVersion:
        """Takes back a deletion; gives the newest version. Raises VaultRefusal where there is none."""
        versions = self.deleted(name).versions
        self._live[name.lower()] = versions
        del self._deleted[name.lower()]
        return versions[-1]

    def purge(self, name: str) -> None:
        """Ends a deleted secret for good and frees its name. Raises VaultRefusal where there is none."""
        self.deleted(name)
        del self._deleted[name.lower()]

    def clear(self) -> None:
        """An empty vault."""
        self._live.clear()
        self._deleted.clear()
