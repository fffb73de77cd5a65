"""Secrets: read from Key Vault by managed identity, cached for minutes, never written down anywhere."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)
from azure.keyvault.secrets.aio import SecretClient

from shared import telemetry
from shared.errors import ConfigurationError, StateUnavailable

CACHE_SECONDS = 300
_EXPIRES_SOON = timedelta(days=30)
_SAY_AGAIN_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret's value with the version it has in the vault."""

    name: str
    version: str
    value: str
    tags: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Secret(name={self.name!r}, version={self.version!r})"


class Vault:
    """Secrets by name; `clock` counts seconds, `now` tells the time."""

    def __init__(
        self,
        client: SecretClient,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._clock = clock
        self._now = now
        self._cache: dict[tuple[str, str | None], tuple[float, Secret]] = {}
        self._said: dict[str, float] = {}

    async def secret(self, name: str, version: str | None = None, *, fresh: bool = False) -> Secret:
        """The newest version of a secret, or the one asked for; `fresh` bypasses the cache.

        Raises ConfigurationError where it is missing, disabled or not ours to read, StateUnavailable where
        the vault does not answer.
        """
        cached = self._cache.get((name, version))
        if cached and not fresh and self._clock() - cached[0] < CACHE_SECONDS:
            return cached[1]
        secret = await self._read(name, version)
        self._cache[name, version] = (self._clock(), secret)
        return secret

    async def set(self, name: str, value: str, tags: Mapping[str, str] | None = None) -> Secret:
        """Stores a new secret.

        Raises ConfigurationError where the app may not write to the vault, StateUnavailable where it does
        not answer.
        """
        try:
            answer = await self._client.set_secret(name, value, tags=dict(tags or {}))
        except AzureError as error:
            raise _not_written(f"to store {name}", error) from error
        return Secret(name=name, version=answer.properties.version or "", value=value, tags=dict(tags or {}))

    async def delete(self, name: str) -> None:
        """Deletes a secret, recoverably; nothing happens where there is none. Raises as `set` does."""
        self._cache = {key: kept for key, kept in self._cache.items() if key[0] != name}
        try:
            await self._client.delete_secret(name)
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise _not_written(f"to delete {name}", error) from error

    async def _read(self, name: str, version: str | None) -> Secret:
        try:
            answer = await self._client.get_secret(name, version)
        except ResourceNotFoundError as error:
            raise ConfigurationError(f"Key Vault has no secret named {name}; create it") from error
        except (ClientAuthenticationError, HttpResponseError) as error:
            raise _refused(name, error) from error
        except AzureError as error:
            raise StateUnavailable(f"Key Vault does not answer for {name}; it is tried again") from error
        self._mind_expiry(name, answer.properties.expires_on)
        return Secret(
            name=name,
            version=answer.properties.version or "",
            value=answer.value or "",
            tags=answer.properties.tags or {},
        )

    def _mind_expiry(self, name: str, expires_on: datetime | None) -> None:
        """Speaks of a secret that expires within a month, at most once a day."""
        if expires_on is None or expires_on - self._now() > _EXPIRES_SOON:
            return
        said = self._said.get(name)
        if said is not None and self._clock() - said < _SAY_AGAIN_SECONDS:
            return
        self._said[name] = self._clock()
        telemetry.event(logging.WARNING, "key expires", secret=name, expires_on=expires_on.isoformat())


def _refused(name: str, error: HttpResponseError) -> Exception:
    if error.status_code in (401, 403):
        return ConfigurationError(
            f"Key Vault refuses to give the secret {name}: it may be disabled or expired, or the app's "
            "identity lacks the role Key Vault Secrets User, or the vault's firewall keeps the app out"
        )
    return StateUnavailable(f"Key Vault answered {error.status_code} for {name}; it is tried again")


def _not_written(what: str, error: AzureError) -> Exception:
    if isinstance(error, HttpResponseError) and error.status_code in (401, 403):
        return ConfigurationError(
            f"Key Vault refuses {what}: this app may not write secrets; create the secret yourself and give "
            "its name as api_key_secret, or give the app's identity the role Key Vault Secrets Officer"
        )
    return StateUnavailable(f"Key Vault does not answer when asked {what}; try again")
