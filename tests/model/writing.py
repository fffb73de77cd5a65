"""What workers write for others: jobs and records; and how they give up.

sent       queues.JobQueue.send
written    record.Record.change: with a fresh lease, which storage must still have
moved_on   the same, for `slice`
fenced     worker.Worker.work, `except Fenced`
given_up   an exception goes up: leases are given back on the way (leases.held), and the host makes the
           message visible again, or poisons it (Azure Functions, queue trigger, maxDequeueCount)
"""

from collections.abc import Iterator

from tests.model.rules import Scenario
from tests.model.world import Message, Worker, World

type Step = tuple[str, World]


def sent(world: World, message: Message, ahead: int) -> World:
    """The world with a new job for the run."""
    return world.with_message(Message(run=message.run, ahead=max(ahead, -1)))


def written(
    scenario: Scenario, world: World, before: Worker, after: Worker, label: str, **changes: object
) -> Iterator[Step]:
    """The record is changed; whoever holds no fresh lease is fenced."""
    number, rules = before.message.run, scenario.rules
    if before.run_lease != "fresh" and rules.writes_need_lease and rules.writes_before_release:
        yield from fenced(scenario, world, before)
        return
    if before.run_lease in ("", "lost") and (world.runs[number].over or before.message.ahead < 0):
        changes["wrong"] = "a record was overwritten by a worker that does not hold its lease"
    changed = world.with_run(number, **changes) if changes else world
    yield label, changed.with_worker(before, after)


def moved_on(
    scenario: Scenario, world: World, before: Worker, after: Worker, **changes: object
) -> Iterator[Step]:
    """Writes that a slice is over. The answer may be lost, and the repetition is refused then."""
    label, run = "moves the record on", before.message.run
    for what, state in written(scenario, world, before, after, label, **changes):
        yield what, state.with_next_slice(run) if what == label else state
    if scenario.allows("answer", world.faults) and before.run_lease == "fresh" and after.at == "free run":
        checking = world.with_worker(before, after._replace(at="check")).with_run(run, **changes)
        silent = checking.with_next_slice(run)._replace(faults=world.faults - 1)
        yield "moves the record on, hears nothing", silent


def fenced(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    """Sends its job again and goes; a poisoned job comes again by itself."""
    if worker.message.poisoned:
        yield "is fenced", given_up(scenario, world, worker)
        return
    gone = freed(world, worker).with_worker(worker)
    if scenario.rules.sends_again_when_fenced:
        gone = sent(gone, worker.message, worker.message.ahead)
    yield "is fenced, sends its job again", gone


def given_up(scenario: Scenario, world: World, worker: Worker) -> World:
    """The world after an exception."""
    return returned(scenario, freed(world, worker), worker)


def returned(scenario: Scenario, world: World, worker: Worker) -> World:
    """The world where the worker is gone and its message is back."""
    gone, message = world.with_worker(worker), worker.message
    back = message._replace(ahead=max(message.ahead, -1), tries=message.tries + 1)
    if back.tries < scenario.tries:
        return gone.with_message(back)
    return gone if message.poisoned else gone.with_message(back._replace(tries=0, poisoned=True))


def freed(world: World, worker: Worker) -> World:
    """The world where this worker's leases are free; those it lost are not its own to free."""
    if worker.account_lease in ("fresh", "stale"):
        world = world._replace(account_lease="")
    if worker.run_lease in ("fresh", "stale"):
        world = world.with_run(worker.message.run, lease="")
    return world
