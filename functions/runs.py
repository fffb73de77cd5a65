"""HTTP: runs."""

from functions.http import Answer, Call, Routes
from shared.audit.audit import Change
from shared.connections.connection import Connection
from shared.errors import Conflict
from shared.runs.history import HistoryQuery
from shared.runs.run import Run
from shared.runs.starting import Approval, Started, Starter, StartOptions
from shared.runs.starting_all import StartAll
from shared.runs.views import RunDetails, RunList, RunView, StartedAll, view

routes = Routes()


@routes.operation(
    "POST", "exports/{id}/runs", takes=StartOptions, gives=RunView, status=202, raises=(Conflict,)
)
async def start_run(call: Call) -> Answer:
    """Starts a run of an export, or answers with the one that is under way.

    A held run gives way to the new one. Refused over a connection that is paused or without consent, and
    where a dry run is under way and a real one is asked for, or the other way round.
    """
    export = await call.services.exports.get(call.id())
    await call.may_use(export.value.connection)
    options = call.body(StartOptions)
    return _started(await _starter(call).start(export.value, "on_demand", call.caller.shown_as, options))


@routes.operation("POST", "runs", gives=StartedAll, status=202)
async def start_all_runs(call: Call) -> Answer:
    """Starts every export that runs by itself, and says which it left out, and why.

    Left out are exports that are inactive, detached or off by schedule, those with a run under way, those
    whose connection is paused, and for contributors those on connections that are not shared with them.
    """
    all_runs = StartAll(
        services=call.services.runs,
        requested_by=call.caller.shown_as,
        may_use=lambda connection: _is_shared(call, connection),
    )
    done = await all_runs.start()
    details: dict[str, str | int] = {"started": len(done.started), "left_out": len(done.left_out)}
    return Answer(value=done, change=Change(subject="runs", details=details))


@routes.operation("GET", "runs", query=HistoryQuery, gives=RunList)
async def list_runs(call: Call) -> Answer:
    """Runs, the newest first."""
    return Answer(value=await call.services.history.page(call.query(HistoryQuery)))


@routes.operation("GET", "runs/{id}", gives=RunDetails)
async def show_run(call: Call) -> Answer:
    """One run, with its progress and counts, and the numbers of its plan."""
    return Answer(value=await call.services.history.details(call.id()))


@routes.operation("POST", "runs/{id}/cancel", gives=RunView, status=202, raises=(Conflict,))
async def cancel_run(call: Call) -> Answer:
    """Stops a run between chunks; what was sent is confirmed and kept."""
    run = await _run(call)
    await _starter(call).cancel(run, call.caller.shown_as)
    return _accepted(run)


@routes.operation("POST", "runs/{id}/approve", takes=Approval, gives=RunView, status=202, raises=(Conflict,))
async def approve_run(call: Call) -> Answer:
    """Lets a held run deliver the very plan that was seen.

    A plan that is three days old, or older than the latest suppression, can no longer be sent.
    """
    run = await _run(call)
    await _starter(call).approve(run, call.body(Approval).plan, call.caller.shown_as)
    return _accepted(run, plan=run.plan or "")


@routes.operation("POST", "runs/{id}/retry", gives=RunView, status=202, raises=(Conflict,))
async def retry_run(call: Call) -> Answer:
    """Starts a run that sends what did not arrive, from the newest snapshots."""
    run = await _run(call)
    export = await call.services.exports.get(run.export)
    await call.may_use(export.value.connection)  # it may have been moved since the run
    return _started(await _starter(call).retry(run, call.caller.shown_as), retry_of=run.id)


@routes.operation("GET", "runs/{id}/rejections", gives="text/csv")
async def show_rejections(call: Call) -> Answer:
    """Every profile that did not arrive: segment, primary key, position, stage, reason, hint."""
    return Answer(value=await call.services.history.rejections(call.id()))


async def _run(call: Call) -> Run:
    """The run, where the caller may use its connection."""
    run = await call.services.history.run(call.id())
    await call.may_use(run.connection)
    return run


def _is_shared(call: Call, connection: Connection) -> bool:
    """Whether the caller may run exports on it; "run all" is refused to no contributor as a whole."""
    return call.caller.role != "Contributor" or connection.allow_contributors


def _starter(call: Call) -> Starter:
    return Starter(call.services.runs)


def _started(started: Started, **details: str) -> Answer:
    """Where a run was under way already, nothing was changed."""
    if started.created:
        return _accepted(started.run, **details)
    return Answer(value=view(started.run), location=f"/api/runs/{started.run.id}")


def _accepted(run: Run, **details: str) -> Answer:
    path = f"runs/{run.id}"
    change = Change(subject=path, details={"export": run.export, **details})
    return Answer(value=view(run), location=f"/api/{path}", change=change)
