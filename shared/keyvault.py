"""Secrets: read from Key Vault by managed identity, cached for minutes, never written down anywhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)
from azure.keyvault.secrets.aio import SecretClient

from shared.errors import ConfigurationError, StateUnavailable

CACHE_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret's value with the version it has in the vault."""

    name: str
    version: str
    value: str

    def __repr__(self) -> str:
        return f"Secret(name={self.name!r}, version={self.version!r})"


class Vault:
    """Secrets by name; `clock` counts seconds."""

    def __init__(self, client: SecretClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._cache: dict[tuple[str, str | None], tuple[float, Secret]] = {}

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

    async def set(self, name: str, value: str) -> Secret:
        """Stores a new secret. Raises ConfigurationError where the app may not write to the vault."""
        try:
            answer = await self._client.set_secret(name, value)
        except HttpResponseError as error:
            raise ConfigurationError(
                f"Key Vault refuses to store {name} ({error.status_code}); create the secret yourself and "
                "give its name as api_key_secret, or let the app write secrets (Key Vault Secrets Officer)"
            ) from error
        except AzureError as error:
            raise StateUnavailable("Key Vault does not answer; try again") from error
        return Secret(name=name, version=answer.properties.version or "", value=value)

    async def _read(self, name: str, version: str | None) -> Secret:
        try:
            answer = await self._client.get_secret(name, version)
        except ResourceNotFoundError as error:
            raise ConfigurationError(f"Key Vault has no secret named {name}; create it") from error
        except (ClientAuthenticationError, HttpResponseError) as error:
            raise _refused(name, error) from error
        except AzureError as error:
            raise StateUnavailable(f"Key Vault does not answer for {name}; it is tried again") from error
        return Secret(name=name, version=answer.properties.version or "", value=answer.value or "")


def _refused(name: str, error: HttpResponseError) -> Exception:
    if error.status_code in (401, 403):
        return ConfigurationError(
            f"Key Vault refuses to give the secret {name}: it may be disabled or expired, or the app's "
            "identity lacks the role Key Vault Secrets User, or the vault's firewall keeps the app out"
        )
    return StateUnavailable(f"Key Vault answered {error.status_code} for {name}; it is tried again")
