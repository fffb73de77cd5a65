"""A worker's steps while it has the turn: posts, log lines, and how it stops.

    posts       delivering.Delivery._post, posting.Poster.post, signals.Signals.leaving
    logs        writing.LogWriter.write_all, log_blobs.Log.append
    stops       delivering.Delivery._watch, then Delivery._settle; leases.held, around turns.Turns.turn
    is fenced   signals.Signals.leaving or record.Record.change raise Fenced

A post that ActiveCampaign never sees changes nothing, so that here every post is accepted at once; what is
left open is when its line is written, and whether its answer comes. Lines are facts: a worker that lost its
leases writes them, too.
"""

from collections.abc import Iterator

from tests.model.rules import Scenario
from tests.model.world import Worker, World
from tests.model.writing import fenced, given_up

type Step = tuple[str, World]


def deliver(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    yield from _post(scenario, world, worker)
    yield from _log(scenario, world, worker)
    if worker.unlogged and scenario.rules.settles:
        return
    if not worker.may_post and worker.todo:
        yield from fenced(scenario, world, worker)
    else:
        yield "stops", _stopped(scenario, world, worker)
    if scenario.allows("answer", world.faults):
        silent = world._replace(faults=world.faults - 1)
        dead = "dead" if worker.account_lease in ("fresh", "stale") else world.account_lease
        yield "cannot give back the turn", _stopped(scenario, silent, worker)._replace(account_lease=dead)


def _stopped(scenario: Scenario, world: World, worker: Worker) -> World:
    then = "send next" if worker.todo else "report"
    if then == "send next" and not scenario.rules.sends_before_release:
        then = "write next"
    account_lease = world.account_lease if worker.account_lease == "lost" else ""
    stopped = worker._replace(at=then, account_lease="", todo=0, unlogged=0, written=0)
    return world.with_worker(worker, stopped)._replace(account_lease=account_lease)


def _post(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    may_post = worker.may_post or not scenario.rules.posts_need_fresh_lease
    if not may_post or not worker.todo or worker.unlogged.bit_count() >= scenario.in_flight:
        return
    run, chunk = worker.message.run, worker.todo & -worker.todo
    before = world.runs[run]
    wrong = before.wrong
    if before.accepted & chunk and not before.excused & chunk:
        wrong = "a chunk was sent again that was not in flight when something broke"
    after = world.with_run(
        run, accepted=before.accepted | chunk, excused=before.excused & ~chunk, wrong=wrong
    )
    posted = worker._replace(todo=worker.todo & ~chunk, unlogged=worker.unlogged | chunk)
    yield "posts a chunk", after.with_worker(worker, posted)
    if scenario.allows("answer", world.faults):
        excused = after.with_run(run, excused=before.excused | chunk)
        yield "posts a chunk, hears nothing", excused._replace(faults=world.faults - 1)


def _log(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    run = world.runs[worker.message.run]
    for chunk in (1 << place for place in range(scenario.chunks)):
        if worker.written & chunk and scenario.rules.reads_back:
            yield "finds its own line", world.with_worker(worker, _without(worker, chunk))
        elif worker.unlogged & chunk:
            wrong = "a line stands in the log twice" if worker.written & chunk else run.wrong
            logged = world.with_run(worker.message.run, logged=run.logged | chunk, wrong=wrong)
            yield "logs a chunk", logged.with_worker(worker, _without(worker, chunk))
            if scenario.allows("answer", world.faults):
                silent = logged.with_worker(worker, worker._replace(written=worker.written | chunk))
                yield "logs a chunk, hears nothing", silent._replace(faults=world.faults - 1)
    if worker.unlogged and scenario.allows("answer", world.faults):
        yield "cannot write to the log", _failed(scenario, world, worker)


def _failed(scenario: Scenario, world: World, worker: Worker) -> World:
    """StateUnavailable: turn and lease are given back, and the message comes again."""
    run = world.runs[worker.message.run]
    excused = world.with_run(worker.message.run, excused=run.excused | worker.unlogged)
    return given_up(scenario, excused._replace(faults=world.faults - 1), worker)


def _without(worker: Worker, chunk: int) -> Worker:
    return worker._replace(unlogged=worker.unlogged & ~chunk, written=worker.written & ~chunk)
