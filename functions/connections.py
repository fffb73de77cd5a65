"""HTTP: connections."""

from functions.http import Answer, Call, Routes
from shared.audit.audit import Change
from shared.connections.connection import ConnectionInput
from shared.connections.saving import ConnectionList, ConnectionView, view
from shared.errors import Conflict

routes = Routes()


@routes.operation(
    "POST", "connections", takes=ConnectionInput, gives=ConnectionView, status=201, raises=(Conflict,)
)
async def create_connection(call: Call) -> Answer:
    """Makes a connection; a typed key goes to the vault and nowhere else."""
    made = await call.services.connections.create(call.body(ConnectionInput), call.caller.name)
    shown, path = view(made.value), f"connections/{made.value.id}"
    return Answer(
        value=shown, etag=made.etag, location=f"/api/{path}", change=Change(subject=path, after=shown)
    )


@routes.operation("GET", "connections", gives=ConnectionList)
async def list_connections(call: Call) -> Answer:
    """All connections."""
    found = [view(document.value) async for document in call.services.connections.all()]
    return Answer(value=ConnectionList(connections=found))


@routes.operation("GET", "connections/{id}", gives=ConnectionView)
async def show_connection(call: Call) -> Answer:
    """One connection."""
    found = await call.services.connections.get(call.id())
    return Answer(value=view(found.value), etag=found.etag)
