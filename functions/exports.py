"""HTTP: exports."""

import azure.functions as func

from functions.http import Call, answering, document
from shared.exports.saving import ExportInput, ExportList
from shared.runs.starting import Starter, StartOptions
from shared.runs.views import view

blueprint = func.Blueprint()


@blueprint.route(route="exports", methods=["POST"])
@answering("Contributor")
async def create_export(call: Call) -> func.HttpResponse:
    made = await call.services.exports.create(call.body(ExportInput), call.caller.shown_as)
    return document(made.value, status=201, ETag=made.etag, Location=f"/api/exports/{made.value.id}")


@blueprint.route(route="exports", methods=["GET"])
@answering("Viewer")
async def list_exports(call: Call) -> func.HttpResponse:
    found = [document.value async for document in call.services.exports.all()]
    return document(ExportList(exports=found))


@blueprint.route(route="exports/{id}", methods=["GET"])
@answering("Viewer")
async def show_export(call: Call) -> func.HttpResponse:
    found = await call.services.exports.get(call.id())
    return document(found.value, ETag=found.etag)


@blueprint.route(route="exports/{id}", methods=["PATCH"])
@answering("Contributor")
async def change_export(call: Call) -> func.HttpResponse:
    changed = await call.services.exports.change(
        call.id(), call.merge_patch(), call.etag(), call.caller.shown_as
    )
    return document(changed.value, ETag=changed.etag)


@blueprint.route(route="exports/{id}/runs", methods=["POST"])
@answering("Contributor")
async def start_run(call: Call) -> func.HttpResponse:
    export = await call.services.exports.get(call.id())
    options = call.body(StartOptions)
    started = await Starter(call.services.runs).start(
        export.value, "on_demand", call.caller.shown_as, options
    )
    return document(view(started.run), status=202, Location=f"/api/runs/{started.run.id}")
