"""Making and changing connections."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.connections.changing import gives_key, merged, require_anew
from shared.connections.connection import Connection, ConnectionContent, ConnectionInput
from shared.connections.consent import Consent, accepted
from shared.connections.hosts import Host, Hosts
from shared.connections.keys import ConnectionKeys
from shared.errors import Conflict, NotFound, PreconditionFailed, StateConflict
from shared.ids import checked_slug, new_id
from shared.state.documents import Documents, Versioned

type StopRuns = Callable[[str, str], Awaitable[None]]
"""Stops what runs over a connection; the second text says by whom and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A connection before and after a change."""

    before: Connection
    after: Versioned[Connection]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Connections by id; keys go to the vault and nowhere else.

    `caller` is the name of who signed in, None for the holder of a function key.
    """

    documents: Documents[Connection]
    names: Callable[[], AsyncIterator[str]]
    keys: ConnectionKeys
    hosts: Hosts
    stop_runs: StopRuns
    now: Callable[[], datetime]

    async def get(self, connection: str, *, etag: str = "*") -> Versioned[Connection]:
        """Raises NotFound, and PreconditionFailed where somebody else wrote since `etag`."""
        found = await self.documents.get(connection)
        if found is None:
            raise NotFound(f"no connection has the id {connection!r}; GET /api/connections lists them")
        if etag not in (found.etag, "*"):
            raise changed_meanwhile(connection)
        return found

    async def all(self, *, after: str = "") -> AsyncIterator[Versioned[Connection]]:
        """All connections by id, from behind the id `after`."""
        for name in sorted([name async for name in self.names()]):
            if name > after and (found := await self.documents.get(name)):
                yield found

    async def create(self, wanted: ConnectionInput, caller: str | None) -> Versioned[Connection]:
        """Raises InvalidInput naming the field, Conflict where the id is taken."""
        key = checked_slug(wanted.id, pointer="/id") if wanted.id else new_id()
        if await self.documents.get(key):
            raise _taken(key)
        host = await self.hosts.understood(wanted.api_url)
        consent = accepted(wanted.consent, caller, self.now())
        secret = await self.keys.secret_of(wanted, key)
        connection = Connection(
            **_plain(wanted),
            id=key,
            api_url=host.url,
            account=host.account,
            api_key_secret=secret,
            consent=consent,
            created_at=self.now(),
            updated_at=self.now(),
            updated_by=caller or consent.accepted_by,
        )
        try:
            return await self.documents.create(key, connection)
        except StateConflict as error:
            await self.keys.drop(secret)
            raise _taken(key) from error

    async def change(self, connection: str, patch: dict[str, Any], etag: str, caller: str | None) -> Changed:
        """Merges the patch (RFC 7396); runs stop where none may run any more or the host is another.

        Raises InvalidInput naming the field, PreconditionFailed where somebody else wrote since `etag`.
        """
        found = await self.get(connection, etag=etag)
        before = found.value
        wanted = await self._wanted(before, patch, caller)
        try:
            after = await self.documents.replace(connection, wanted, etag=found.etag)
        except StateConflict as error:
            await self._drop_key(wanted, unlike=before)
            raise changed_meanwhile(connection) from error
        if reason := wanted.blocked or _moved(before, wanted):
            await self.stop_runs(connection, f"{caller or 'function key'}: {reason}")
        await self._drop_key(before, unlike=wanted)
        return Changed(before=before, after=after)

    async def _wanted(self, before: Connection, patch: dict[str, Any], caller: str | None) -> Connection:
        content = merged(before, patch)
        host = await self._host(before, content)
        if host.url != before.api_url:
            require_anew(patch)
        consent = self._consent(content, caller) if "consent" in patch else before.consent
        secret = before.api_key_secret
        if gives_key(patch) and (host.url != before.api_url or content.api_key_secret != secret):
            secret = await self.keys.secret_of(content, before.id)
        return Connection(
            **_plain(content),
            id=before.id,
            api_url=host.url,
            account=host.account,
            api_key_secret=secret,
            consent=consent,
            created_at=before.created_at,
            updated_at=self.now(),
            updated_by=caller or "function key",
        )

    async def _host(self, before: Connection, content: ConnectionContent) -> Host:
        if content.api_url == before.api_url:
            return Host(url=before.api_url, account=before.account)
        return await self.hosts.understood(content.api_url)

    def _consent(self, content: ConnectionContent, caller: str | None) -> Consent | None:
        return accepted(content.consent, caller, self.now()) if content.consent else None

    async def _drop_key(self, old: Connection, *, unlike: Connection) -> None:
        if old.api_key_secret != unlike.api_key_secret:
            await self.keys.drop(old.api_key_secret)


def changed_meanwhile(connection: str) -> PreconditionFailed:
    """The refusal to write over what somebody else wrote."""
    return PreconditionFailed(
        f"connection {connection!r} was changed since you read it; read it again and repeat the change"
    )


def _plain(content: ConnectionContent) -> dict[str, Any]:
    """What is kept as it was given."""
    return content.model_dump(include={"display_name", "allow_contributors", "limits", "active"})


def _moved(before: Connection, after: Connection) -> str | None:
    return None if before.api_url == after.api_url else f"connection {before.id!r} leads to another host now"


def _taken(connection: str) -> Conflict:
    return Conflict(f"a connection with the id {connection!r} exists already")
