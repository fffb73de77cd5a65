"""Connections, a page at a time."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.access.caller import Role
from shared.connections.saving import Connections
from shared.connections.views import ConnectionSummary, ConnectionView, summary, view


class ConnectionQuery(BaseModel):
    """Which page of the connections."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=100)] = 100
    continuation: Annotated[str, Field(description="As the page before gave it")] = ""


class ConnectionList(BaseModel):
    """Connections by id: all for administrators, the shared ones for contributors."""

    connections: list[ConnectionView | ConnectionSummary]
    continuation: str | None = None
    """For the next page, if there is one."""


async def page(connections: Connections, query: ConnectionQuery, role: Role) -> ConnectionList:
    """As much of the connections as this role may see."""
    shown = list[ConnectionView | ConnectionSummary]()
    async for found in connections.all(after=query.continuation):
        if role != "Administrator" and not found.value.allow_contributors:
            continue
        if len(shown) == query.limit:
            return ConnectionList(connections=shown, continuation=shown[-1].id)
        shown.append(view(found.value) if role == "Administrator" else summary(found.value))
    return ConnectionList(connections=shown)
