"""HTTP: runs."""

import azure.functions as func

from functions.http import Call, answering, document
from shared.runs.starting import Approval, Starter
from shared.runs.views import view

blueprint = func.Blueprint()


@blueprint.route(route="runs", methods=["POST"])
@answering("Contributor")
async def start_all_runs(call: Call) -> func.HttpResponse:
    started = await Starter(call.services.runs).start_all(call.caller.shown_as)
    return document(started, status=202)


@blueprint.route(route="runs", methods=["GET"])
@answering("Viewer")
async def list_runs(call: Call) -> func.HttpResponse:
    return document(await call.services.history.page(call.request.params))


@blueprint.route(route="runs/{id}", methods=["GET"])
@answering("Viewer")
async def show_run(call: Call) -> func.HttpResponse:
    return document(view(await call.services.history.run(call.id())))


@blueprint.route(route="runs/{id}/cancel", methods=["POST"])
@answering("Contributor")
async def cancel_run(call: Call) -> func.HttpResponse:
    run = await call.services.history.run(call.id())
    await Starter(call.services.runs).cancel(run, call.caller.shown_as)
    return document(view(run), status=202, Location=f"/api/runs/{run.id}")


@blueprint.route(route="runs/{id}/approve", methods=["POST"])
@answering("Contributor")
async def approve_run(call: Call) -> func.HttpResponse:
    run = await call.services.history.run(call.id())
    await Starter(call.services.runs).approve(run, call.body(Approval).plan, call.caller.shown_as)
    return document(view(run), status=202, Location=f"/api/runs/{run.id}")


@blueprint.route(route="runs/{id}/retry", methods=["POST"])
@answering("Contributor")
async def retry_run(call: Call) -> func.HttpResponse:
    run = await call.services.history.run(call.id())
    started = await Starter(call.services.runs).retry(run, call.caller.shown_as)
    return document(view(started.run), status=202, Location=f"/api/runs/{started.run.id}")


@blueprint.route(route="runs/{id}/rejections", methods=["GET"])
@answering("Viewer")
async def show_rejections(call: Call) -> func.HttpResponse:
    rejections = await call.services.history.rejections(call.id())
    return func.HttpResponse(rejections, mimetype="text/csv", charset="utf-8")
