"""What happens around the workers: they die or are paused, leases run out, messages double, the timer looks.

    dies            a worker is gone without a word; its message comes again when its invisibility ends
    is paused       no renewal gets through (leases.Lease.keep); it notices by the clock (Lease.fresh)
    renews          Lease.keep tries again, and storage still has the lease
    runs out        Azure Storage frees a lease that was not renewed for its duration
    is doubled      queues deliver at least once, and late (Azure Queue Storage)
    timer           ticking.Tick._look_after

A lease is `stale` before it can run out: `SAFE_SHARE` of its duration is over before the whole of it, by the
holder's clock from before it asked (leases.held, Lease.keep).
"""

from collections.abc import Iterator

from tests.model.endings import tidied
from tests.model.rules import Scenario
from tests.model.world import Held, Message, Worker, World
from tests.model.writing import returned

type Step = tuple[str, World]


def faults(scenario: Scenario, world: World) -> Iterator[Step]:
    """Everything that the scenario's faults may still do."""
    hurt = world._replace(faults=world.faults - 1)
    for worker in sorted(set(world.workers)):
        if scenario.allows("crash", world.faults):
            yield "dies", _died(scenario, hurt, worker)
        if scenario.allows("pause", world.faults):
            yield from _paused(hurt, worker)
    if scenario.allows("message", world.faults):
        for message in sorted({*world.queue, *(worker.message for worker in world.workers)}):
            doubled = message._replace(ahead=max(message.ahead, -1))
            yield "a message is doubled", hurt.with_message(doubled)
        for message in sorted(set(world.queue)) if scenario.loses_messages else ():
            yield "a message is lost", hurt.without_message(message)


def time(scenario: Scenario, world: World) -> Iterator[Step]:
    """What only takes time."""
    for worker in sorted(set(world.workers)):
        if worker.run_lease == "stale":
            yield "renews the run's lease", world.with_worker(worker, worker._replace(run_lease="fresh"))
            lost = world.with_worker(worker, worker._replace(run_lease="lost"))
            yield "the run's lease runs out", lost.with_run(worker.message.run, lease="")
        if worker.account_lease == "stale":
            yield "renews the turn", world.with_worker(worker, worker._replace(account_lease="fresh"))
            lost = world.with_worker(worker, worker._replace(account_lease="lost"))
            yield "the turn runs out", lost._replace(account_lease="")
    for number, run in enumerate(world.runs):
        if run.lease == "dead":
            yield "a dead worker's lease runs out", world.with_run(number, lease="")
    if world.account_lease == "dead":
        yield "a dead worker's turn runs out", world._replace(account_lease="")


def timer(scenario: Scenario, world: World) -> Iterator[Step]:
    """The timer wakes runs that gave no sign of life, and tidies after those that ended."""
    for number, run in enumerate(world.runs):
        if run.over and not run.tidied:
            yield "the timer tidies", tidied(scenario, world, number)
        if not run.over and not world.has_message_for(number):
            yield "the timer wakes the run", world.with_message(Message(run=number, ahead=0))


def _died(scenario: Scenario, world: World, worker: Worker) -> World:
    dead = returned(scenario, world, worker)
    run = world.runs[worker.message.run]
    dead = dead.with_run(worker.message.run, excused=run.excused | worker.unlogged)
    if worker.run_lease in ("fresh", "stale"):
        dead = dead.with_run(worker.message.run, lease="dead")
    return dead._replace(account_lease="dead") if worker.account_lease in ("fresh", "stale") else dead


def _paused(world: World, worker: Worker) -> Iterator[Step]:
    excused = world.runs[worker.message.run].excused | worker.unlogged
    kept: list[tuple[Held, Held]] = [
        (_stale(worker.run_lease), worker.account_lease),
        (worker.run_lease, _stale(worker.account_lease)),
        (_stale(worker.run_lease), _stale(worker.account_lease)),
    ]
    for run_lease, account_lease in sorted(set(kept) - {(worker.run_lease, worker.account_lease)}):
        paused = worker._replace(run_lease=run_lease, account_lease=account_lease)
        yield "is paused", world.with_worker(worker, paused).with_run(worker.message.run, excused=excused)


def _stale(lease: Held) -> Held:
    return "stale" if lease == "fresh" else lease
