"""The API keys of connections: a typed one goes into the vault, and from there to its own host only."""

import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass

from shared.connections.connection import Connection, ConnectionContent
from shared.errors import ConfigurationError, InvalidInput, StateUnavailable
from shared.keyvault import Secret, Vault
from shared.state.documents import Documents

_log = logging.getLogger(__name__)

TYPED_FOR = "segment-export-connection"
"""The tag of a secret that this program made of a typed key, with the connection's id.

No connection may name such a secret: whoever named it beside another host would have the key sent there.
"""


@dataclass(frozen=True, slots=True)
class ConnectionKeys:
    """Stores and finds keys; names of secrets begin with `prefix`."""

    documents: Documents[Connection]
    vault: Vault
    prefix: str

    async def secret_of(self, content: ConnectionContent, connection: str) -> str:
        """The name of the secret with the key that was typed or named. Raises InvalidInput."""
        if (content.api_key is None) == (content.api_key_secret is None):
            raise InvalidInput("give either api_key or api_key_secret", pointer="/api_key")
        if content.api_key is not None:
            return await self._store(content.api_key, connection)
        return await self._checked(str(content.api_key_secret))

    async def drop(self, name: str) -> None:
        """Deletes a secret that this program made; any other, and one that cannot be deleted, stays."""
        try:
            if TYPED_FOR in (await self.vault.secret(name, fresh=True)).tags:
                await self.vault.delete(name)
        except (ConfigurationError, StateUnavailable) as error:
            _log.warning("the secret %s is not used any more and may still be in the vault: %s", name, error)

    async def key(self, connection: Connection, *, fresh: bool = False) -> str:
        """The key for requests to this connection's host.

        With `fresh`, after a refusal, and where the secret is gone, it is the key that the connection has by
        now, unless it leads to another host by now. Raises ConfigurationError and StateUnavailable.
        """
        if not fresh:
            with suppress(ConfigurationError):
                return _usable(await self.vault.secret(connection.api_key_secret))
        return _usable(await self.vault.secret(await self._newest(connection), fresh=True))

    async def _newest(self, connection: Connection) -> str:
        found = await self.documents.get(connection.id)
        same_host = found is not None and found.value.api_url == connection.api_url
        return found.value.api_key_secret if found and same_host else connection.api_key_secret

    async def _store(self, key: str, connection: str) -> str:
        """Under a name with a random end: the name of a deleted secret stays taken."""
        name = f"{self.prefix}{connection}-{secrets.token_hex(4)}"
        try:
            return (await self.vault.set(name, key, {TYPED_FOR: connection})).name
        except ConfigurationError as error:
            raise InvalidInput(str(error), pointer="/api_key") from error

    async def _checked(self, name: str) -> str:
        if not name.startswith(self.prefix):
            raise InvalidInput(
                f"the names of secrets that a connection may use begin with {self.prefix!r}",
                pointer="/api_key_secret",
            )
        try:
            secret = await self.vault.secret(name, fresh=True)
            _usable(secret)
        except ConfigurationError as error:
            raise InvalidInput(str(error), pointer="/api_key_secret") from error
        if TYPED_FOR in secret.tags:
            raise InvalidInput(
                f"the secret {name} holds a key that was typed for a connection and is used by no other; "
                "type the key, or store it in the vault yourself under another name",
                pointer="/api_key_secret",
            )
        return name


def _usable(secret: Secret) -> str:
    """Raises ConfigurationError for what cannot be sent in a header."""
    key = secret.value.strip()
    if key and key.isascii() and key.isprintable():
        return key
    raise ConfigurationError(f"the secret {secret.name} holds no API key: it is empty, or no line of ASCII")
