"""HTTP: runs."""

from functions.http import Answer, Call, Routes
from shared.audit.audit import Change
from shared.errors import Conflict
from shared.runs.history import HistoryQuery
from shared.runs.run import Run
from shared.runs.starting import Approval, Starter, StartOptions
from shared.runs.views import RunList, RunView, StartedAll, view

routes = Routes()


@routes.operation(
    "POST", "exports/{id}/runs", takes=StartOptions, gives=RunView, status=202, raises=(Conflict,)
)
async def start_run(call: Call) -> Answer:
    """Starts a run of an export, or answers with the one that is under way."""
    export = await call.services.exports.get(call.id())
    await call.may_use(export.value.connection)
    options = call.body(StartOptions)
    started = await _starter(call).start(export.value, "on_demand", call.caller.shown_as, options)
    return _accepted(started.run)


@routes.operation("POST", "runs", gives=StartedAll, status=202)
async def start_all_runs(call: Call) -> Answer:
    """Starts every export that runs by itself, and says which it left out."""
    started = await _starter(call).start_all(call.caller.shown_as)
    change = Change(subject="runs", details={"started": len(started.started)})
    return Answer(value=started, change=change)


@routes.operation("GET", "runs", query=HistoryQuery, gives=RunList)
async def list_runs(call: Call) -> Answer:
    """Runs, the newest first."""
    return Answer(value=await call.services.history.page(call.query(HistoryQuery)))


@routes.operation("GET", "runs/{id}", gives=RunView)
async def show_run(call: Call) -> Answer:
    """One run, with its progress and counts."""
    return Answer(value=view(await call.services.history.run(call.id())))


@routes.operation("POST", "runs/{id}/cancel", gives=RunView, status=202, raises=(Conflict,))
async def cancel_run(call: Call) -> Answer:
    """Stops a run between chunks; what was sent is confirmed and kept."""
    run = await _run(call)
    await _starter(call).cancel(run, call.caller.shown_as)
    return _accepted(run)


@routes.operation("POST", "runs/{id}/approve", takes=Approval, gives=RunView, status=202, raises=(Conflict,))
async def approve_run(call: Call) -> Answer:
    """Lets a held run deliver the very plan that was seen."""
    run = await _run(call)
    await _starter(call).approve(run, call.body(Approval).plan, call.caller.shown_as)
    return _accepted(run)


@routes.operation("POST", "runs/{id}/retry", gives=RunView, status=202, raises=(Conflict,))
async def retry_run(call: Call) -> Answer:
    """Starts a run that sends what did not arrive."""
    started = await _starter(call).retry(await _run(call), call.caller.shown_as)
    return _accepted(started.run)


@routes.operation("GET", "runs/{id}/rejections", gives="text/csv")
async def show_rejections(call: Call) -> Answer:
    """Every profile that did not arrive: segment, primary key, position, stage, reason, hint."""
    return Answer(value=await call.services.history.rejections(call.id()))


async def _run(call: Call) -> Run:
    """The run, where the caller may use its connection."""
    run = await call.services.history.run(call.id())
    await call.may_use(run.connection)
    return run


def _starter(call: Call) -> Starter:
    return Starter(call.services.runs)


def _accepted(run: Run) -> Answer:
    path = f"runs/{run.id}"
    change = Change(subject=path, details={"export": run.export})
    return Answer(value=view(run), location=f"/api/{path}", change=change)
