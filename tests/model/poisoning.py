"""The steps of whoever handles a poisoned message (poison.Poison.handle, poison.Poison._decide).

`revived_at` counts logged chunks, and one for the plan, as `Poison._marks` counts what the logs show.
"""

from collections.abc import Iterator

from tests.model.endings import tidied
from tests.model.rules import Scenario
from tests.model.slices import Following
from tests.model.world import Worker, World
from tests.model.writing import moved_on, sent, written

type Step = tuple[str, World]


def take(scenario: Scenario, world: World) -> Iterator[Step]:
    """An instance takes a poisoned message."""
    for message in sorted(set(world.queue)):
        if not message.poisoned:
            continue
        run, taken = world.runs[message.run], world.without_message(message)
        if run.over and scenario.rules.poison_tidies:
            yield "tidies for a poisoned job", tidied(scenario, taken, message.run)
        elif run.over or message.ahead != 0:
            yield "ignores a poisoned job", taken
        elif run.lease:
            yield "gives a poisoned job another chance", sent(taken, message, message.ahead)
        else:
            holding = taken.joined_by(Worker(at="poison decide", message=message, run_lease="fresh"))
            yield "takes the lease for a poisoned job", holding.with_run(message.run, lease="held")


def decide(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    run = world.runs[worker.message.run]
    if run.over or worker.message.ahead != 0:
        yield "finds the slice over", world.with_worker(worker, worker._replace(at="free run"))
    elif run.ending and not _gets_on(world, worker):
        tidying = worker._replace(at="tidy")
        yield from written(scenario, world, worker, tidying, "ends the run", over="failed")
    elif scenario.rules.poison_sends_first:
        writing = sent(world, worker.message, 1).with_worker(worker, worker._replace(at="poison write"))
        yield "sends the next job", writing
    else:
        yield from _write(scenario, world, worker, worker._replace(at="poison send"))


def write(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    yield from _write(scenario, world, worker, worker._replace(at="free run"))


def send(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    freeing = world.with_worker(worker, worker._replace(at="free run"))
    yield "sends the next job", sent(freeing, worker.message, worker.message.ahead + 1)


def _write(scenario: Scenario, world: World, before: Worker, after: Worker) -> Iterator[Step]:
    run, marks = world.runs[before.message.run], _marks(world, before)
    if _gets_on(world, before):
        yield from moved_on(scenario, world, before, after, revived_at=marks)
    else:
        wrong = run.wrong if run.revived_at == marks else "a run that got on failed"
        yield from moved_on(scenario, world, before, after, ending=True, wrong=wrong)


def _gets_on(world: World, worker: Worker) -> bool:
    revived_at = world.runs[worker.message.run].revived_at
    return revived_at < 0 or _marks(world, worker) > revived_at


def _marks(world: World, worker: Worker) -> int:
    return 1 + world.runs[worker.message.run].logged.bit_count()


STEPS: dict[str, Following] = {
    "poison decide": decide,
    "poison write": write,
    "poison send": send,
}
