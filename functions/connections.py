"""HTTP: connections."""

import azure.functions as func

from functions.http import Call, answering, document
from shared.connections.connection import ConnectionInput
from shared.connections.saving import ConnectionList, view

blueprint = func.Blueprint()


@blueprint.route(route="connections", methods=["POST"])
@answering("Administrator")
async def create_connection(call: Call) -> func.HttpResponse:
    made = await call.services.connections.create(call.body(ConnectionInput), call.caller.name)
    return document(
        view(made.value), status=201, ETag=made.etag, Location=f"/api/connections/{made.value.id}"
    )


@blueprint.route(route="connections", methods=["GET"])
@answering("Contributor")
async def list_connections(call: Call) -> func.HttpResponse:
    found = [view(document.value) async for document in call.services.connections.all()]
    return document(ConnectionList(connections=found))


@blueprint.route(route="connections/{id}", methods=["GET"])
@answering("Administrator")
async def show_connection(call: Call) -> func.HttpResponse:
    found = await call.services.connections.get(call.id())
    return document(view(found.value), ETag=found.etag)
