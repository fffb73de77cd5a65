"""Making and showing connections."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from shared.activecampaign.address import parse_address
from shared.connections.connection import Connection, ConnectionInput, Consent, ConsentInput, Limits
from shared.errors import ConfigurationError, Conflict, InvalidInput, NotFound, StateConflict, WrongAddress
from shared.ids import checked_slug, new_id
from shared.keyvault import Vault
from shared.settings import Settings
from shared.state.documents import Documents, Versioned


class ConnectionView(BaseModel):
    """What anybody may see of a connection: never the key."""

    id: str
    display_name: str
    type: str = "activecampaign"
    api_url: str
    account: str
    api_key_secret: str
    allow_contributors: bool
    consent: Consent
    limits: Limits | None
    created_at: datetime
    updated_at: datetime
    updated_by: str


class ConnectionList(BaseModel):
    """All connections."""

    connections: list[ConnectionView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Connections by id; keys go to the vault and nowhere else."""

    documents: Documents[Connection]
    names: Callable[[], AsyncIterator[str]]
    vault: Vault
    settings: Settings
    now: Callable[[], datetime]

    async def get(self, connection: str) -> Versioned[Connection]:
        """Raises NotFound."""
        found = await self.documents.get(connection)
        if found is None:
            raise NotFound(f"no connection has the id {connection!r}; GET /api/connections lists them")
        return found

    async def all(self) -> AsyncIterator[Versioned[Connection]]:
        """All connections, by id."""
        async for name in self.names():
            if found := await self.documents.get(name):
                yield found

    async def create(self, wanted: ConnectionInput, caller: str | None) -> Versioned[Connection]:
        """Raises InvalidInput naming the field, Conflict where the id is taken."""
        key = checked_slug(wanted.id, pointer="/id") if wanted.id else new_id()
        if await self.documents.get(key):
            raise Conflict(f"a connection with the id {key!r} exists already")
        address = self._address(wanted.api_url)
        consent = self._consent(wanted.consent, caller)
        secret = await self._secret(wanted, key)
        connection = Connection(
            id=key,
            display_name=wanted.display_name,
            api_url=address[0],
            account=address[1],
            api_key_secret=secret,
            allow_contributors=wanted.allow_contributors,
            consent=consent,
            limits=wanted.limits,
            created_at=self.now(),
            updated_at=self.now(),
            updated_by=caller or consent.accepted_by,
        )
        try:
            return await self.documents.create(key, connection)
        except StateConflict as error:
            raise Conflict(f"a connection with the id {key!r} exists already") from error

    def _address(self, pasted: str) -> tuple[str, str]:
        try:
            address = parse_address(pasted, allow_loopback_http=self.settings.allow_loopback_http)
        except WrongAddress as error:
            raise InvalidInput(str(error), pointer="/api_url") from error
        return address.base_url.removesuffix("/api/3"), address.account

    def _consent(self, consent: ConsentInput, caller: str | None) -> Consent:
        if not consent.accepted:
            raise InvalidInput(
                "a connection sends personal data to ActiveCampaign; it needs consent.accepted to be true",
                pointer="/consent/accepted",
            )
        accepted_by = caller or consent.accepted_by
        if not accepted_by:
            raise InvalidInput("say who accepts, by name", pointer="/consent/accepted_by")
        return Consent(accepted_by=accepted_by, accepted_at=self.now(), text_version=consent.text_version)

    async def _secret(self, wanted: ConnectionInput, key: str) -> str:
        """The name of the secret that holds the API key; a typed key is stored under a new name."""
        prefix = self.settings.api_key_secret_prefix
        if (wanted.api_key is None) == (wanted.api_key_secret is None):
            raise InvalidInput("give either api_key or api_key_secret", pointer="/api_key")
        if wanted.api_key is not None:
            name = f"{prefix}{key}-{secrets.token_hex(4)}"
            try:
                return (await self.vault.set(name, wanted.api_key)).name
            except ConfigurationError as error:
                raise InvalidInput(str(error), pointer="/api_key") from error
        name = str(wanted.api_key_secret)
        if not name.startswith(prefix):
            raise InvalidInput(
                f"the names of secrets that a connection may use begin with {prefix!r}",
                pointer="/api_key_secret",
            )
        try:
            await self.vault.secret(name)
        except ConfigurationError as error:
            raise InvalidInput(str(error), pointer="/api_key_secret") from error
        return name


def view(connection: Connection) -> ConnectionView:
    """The connection as it is shown."""
    return ConnectionView.model_validate(connection.model_dump())
