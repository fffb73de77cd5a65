"""HTTP: whether the app can reach what it needs."""

import azure.functions as func

from functions.http import Call, answering, document
from shared.health import check

blueprint = func.Blueprint()


@blueprint.route(route="health", methods=["GET"])
@answering("Viewer")
async def show_health(call: Call) -> func.HttpResponse:
    health = await check(call.services.runs, call.services.connections.vault)
    return document(health, status=200 if health.healthy else 503)
