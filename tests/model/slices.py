"""A worker's steps for one slice, in the order of the code.

A step is one write that others can see, with the reads before it that only the holder of the lease could
spoil. What is left out is what another step stands for: to die after a release is to have its message
doubled, and to die between two reads is to die before the first.

    take                   worker.Worker.work and _lease (leases.held), _work up to `slice != job.slice`;
                           steps.Steps._send up to records.Logs.fold and Steps._nothing_left
    adopt                  worker.Worker._work, `slice + 1 == job.slice`
    turn                   turns.Turns.turn, _is_next, _mark; that waking.turn_of wakes who waits is one more
                           message doubled
    deliver                delivering.Delivery (see `delivering.py` beside this)
    send next, write next  worker.Worker._hand_over
    check                  blobs.StateStore._written
    report, end, tidy      steps.Steps._finish, committing.Commit, committing.tidy
    fenced                 worker.Worker.work, `except Fenced`
    free run               leases.held, around worker.Worker._work; then the host deletes the message
"""

from collections.abc import Callable, Iterator

from tests.model.delivering import deliver
from tests.model.endings import end, report, tidy
from tests.model.rules import Scenario
from tests.model.world import Message, Worker, World
from tests.model.writing import fenced, given_up, moved_on, sent

type Step = tuple[str, World]
type Following = Callable[[Scenario, World, Worker], Iterator[Step]]


def take(scenario: Scenario, world: World) -> Iterator[Step]:
    """An instance without work takes a message: in any order, and as late as it likes."""
    for message in sorted(set(world.queue)):
        if message.poisoned:
            continue
        taken = world.without_message(message)
        if not world.runs[message.run].lease:
            yield from _look(scenario, taken, message)
        elif scenario.rules.sends_again_without_lease:
            yield "finds the lease held, sends the job again", taken.with_message(message._replace(tries=0))
        else:
            yield "finds the lease held", taken


def _look(scenario: Scenario, world: World, message: Message) -> Iterator[Step]:
    run = world.runs[message.run]
    worker = Worker(at="tidy", message=message, run_lease="fresh")
    if run.over:
        yield "finds the run over", world.joined_by(worker).with_run(message.run, lease="held")
    elif message.ahead == 0:
        folded = world.joined_by(_fold(scenario, world, worker))
        yield "takes the lease", folded.with_run(message.run, lease="held")
    elif message.ahead == 1 and scenario.rules.takes_next:
        adopting = world.joined_by(worker._replace(at="adopt"))
        yield "takes the lease, finds the record one behind", adopting.with_run(message.run, lease="held")
    else:
        wrong = "a job was dropped although its slice is not over" if message.ahead > 0 else run.wrong
        yield "drops the job", world.with_run(message.run, wrong=wrong)


def _fold(scenario: Scenario, world: World, worker: Worker) -> Worker:
    run = world.runs[worker.message.run]
    todo = 0 if run.ending else scenario.all_chunks & ~run.logged
    return worker._replace(at="turn" if todo else "report", todo=todo)


def adopt(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    folded = _fold(scenario, world, worker)
    yield from moved_on(scenario, world, worker, folded)


def turn(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    run = worker.message.run
    if world.waiting and world.waiting[0] != run:
        yield "finds a run that waits longer, marks that it waits", _marked(scenario, world, worker)
    elif world.account_lease and scenario.rules.turns_need_lease:
        yield "finds the turn taken, marks that it waits", _marked(scenario, world, worker)
    else:
        turned = world.with_worker(worker, worker._replace(at="deliver", account_lease="fresh"))
        waiting = tuple(waits for waits in world.waiting if waits != run)
        yield "has its turn", turned._replace(account_lease="held", waiting=waiting)


def _marked(scenario: Scenario, world: World, worker: Worker) -> World:
    run = worker.message.run
    then = "send next" if scenario.rules.sends_before_release else "write next"
    waiting = world.waiting if run in world.waiting else (*world.waiting, run)
    return world.with_worker(worker, worker._replace(at=then, todo=0))._replace(waiting=waiting)


def send_next(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    then = "write next" if scenario.rules.writes_before_release else "free run first"
    after = sent(world, worker.message, worker.message.ahead + 1)
    if not scenario.rules.sends_before_release:
        yield "sends the next job", after.with_worker(worker)
        return
    yield "sends the next job", after.with_worker(worker, worker._replace(at=then))
    if scenario.allows("answer", world.faults):
        failing = given_up(scenario, after, worker)
        yield "sends the next job, hears nothing", failing._replace(faults=world.faults - 1)


def write_next(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    then = "free run" if scenario.rules.sends_before_release else "free run first"
    yield from moved_on(scenario, world, worker, worker._replace(at=then))


def check(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    """The repetition of a write that had succeeded was refused."""
    if scenario.rules.reads_back:
        yield "finds its own write", world.with_worker(worker, worker._replace(at="free run"))
        return
    failing = given_up(scenario, world, worker)
    wrong = "a worker took its own write for another's"
    yield "takes its own write for another's", failing.with_run(worker.message.run, wrong=wrong)


def free_run(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    run = worker.message.run
    freed = world.with_worker(worker)
    if worker.at == "free run first":
        then = "write next" if scenario.rules.sends_before_release else "send next"
        freed = world.with_worker(worker, worker._replace(at=then, run_lease=""))
    if worker.run_lease == "lost":
        yield "has no lease to give back", freed
        return
    yield "gives back the lease", freed.with_run(run, lease="")
    if scenario.allows("answer", world.faults):
        yield (
            "cannot give back the lease",
            freed.with_run(run, lease="dead")._replace(faults=world.faults - 1),
        )


STEPS: dict[str, Following] = {
    "adopt": adopt,
    "turn": turn,
    "deliver": deliver,
    "send next": send_next,
    "write next": write_next,
    "check": check,
    "report": report,
    "end": end,
    "tidy": tidy,
    "fenced": fenced,
    "free run first": free_run,
    "free run": free_run,
}
