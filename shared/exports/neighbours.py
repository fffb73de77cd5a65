"""Neighbours: other exports that feed the same list."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from shared.connections.connection import Connection
from shared.errors import NotFound
from shared.exports.export import Export, ExportContent
from shared.exports.remarks import Remarks
from shared.state.documents import Versioned


class Connections(Protocol):
    """Gives connections by id; raises NotFound."""

    async def get(self, connection: str) -> Versioned[Connection]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Looks for active exports of the same account that feed a list of this one, too."""

    exports: Callable[[], AsyncIterator[Versioned[Export]]]
    connections: Connections

    async def look(
        self, content: ExportContent, connection: Connection, export: str | None, found: Remarks
    ) -> None:
        """Warns of each; `export` is the id of the export itself, if it has one yet."""
        accounts: dict[str, str | None] = {connection.id: connection.account}
        async for document in self.exports():
            other, shared = document.value, sorted(content.lists & document.value.lists)
            if not shared or not other.active or other.connection is None or other.id == export:
                continue
            if other.connection not in accounts:
                accounts[other.connection] = await self._account(other.connection)
            if accounts[other.connection] == connection.account:
                lists = ", ".join(map(str, shared))
                found.warn(f"the export {other.id!r} ({other.name}) feeds list {lists}, too", "list_id")

    async def _account(self, connection: str) -> str | None:
        try:
            return (await self.connections.get(connection)).value.account
        except NotFound:
            return None
