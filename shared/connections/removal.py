"""Removing a connection, and what becomes of the exports that use it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from shared.connections.connection import Connection
from shared.connections.saving import Connections, changed_meanwhile
from shared.errors import ConnectionInUse, StateConflict
from shared.exports.export import Export
from shared.state.documents import Versioned


class RemovalQuery(BaseModel):
    """What becomes of the exports that use the connection; without it a connection in use stays."""

    model_config = ConfigDict(extra="forbid")

    exports: Annotated[
        Literal["detach", "remove"] | None,
        Field(description="`detach` keeps them, without a connection; `remove` removes them too"),
    ] = None


class Dependants(Protocol):
    """What removing needs of the exports."""

    def all(self) -> AsyncIterator[Versioned[Export]]: ...
    async def detach(self, export: str, caller: str, /) -> None: ...
    async def remove(self, export: str, caller: str, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The connection that was, and the exports that used it."""

    connection: Connection
    exports: list[str]


@dataclass(frozen=True, slots=True)
class Removal:
    """Removes connections; exports are dealt with first, so that a removal that broke off can be repeated."""

    connections: Connections
    exports: Dependants

    async def remove(self, connection: str, etag: str, query: RemovalQuery, caller: str) -> Removed:
        """Its runs stop at their next chunk, and a key that was typed is deleted from the vault.

        Raises NotFound, PreconditionFailed, and ConnectionInUse with the exports that use it.
        """
        found = await self.connections.get(connection, etag=etag)
        users = await self._users(connection)
        if users and query.exports is None:
            raise ConnectionInUse(
                f"the connection {connection!r} is used by the exports {', '.join(users)}; attach another "
                "connection to them, or repeat with ?exports=detach or ?exports=remove",
                exports=users,
            )
        for export in users:
            await self._resolve(export, query, caller)
        try:
            await self.connections.documents.delete(connection, etag=found.etag)
        except StateConflict as error:
            raise changed_meanwhile(connection) from error
        await self.connections.stop_runs(connection, f"{caller}: connection {connection!r} was removed")
        await self.connections.keys.drop(found.value.api_key_secret)
        return Removed(connection=found.value, exports=users)

    async def _users(self, connection: str) -> list[str]:
        return [
            export.value.id async for export in self.exports.all() if export.value.connection == connection
        ]

    async def _resolve(self, export: str, query: RemovalQuery, caller: str) -> None:
        if query.exports == "remove":
            await self.exports.remove(export, caller)
        else:
            await self.exports.detach(export, caller)
