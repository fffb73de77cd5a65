"""The whole machine: its first state, its steps, its promises, and when it is at an end."""

from collections.abc import Iterator

from tests.model import poisoning, slices, surroundings
from tests.model.explorer import Counterexample, Explored, explore
from tests.model.rules import Scenario
from tests.model.world import Message, Run, World

_STEPS = slices.STEPS | poisoning.STEPS


def start(scenario: Scenario) -> World:
    """Every run was started and has its first job (starting.Starter.start)."""
    return World(
        workers=(),
        runs=(Run(),) * scenario.runs,
        queue=tuple(Message(run=number, ahead=0) for number in range(scenario.runs)),
        faults=scenario.faults,
    )


def steps(scenario: Scenario, world: World) -> Iterator[tuple[str, World]]:
    """Everything that may happen next, whoever does it."""
    for worker in sorted(set(world.workers)):
        yield from _STEPS[worker.at](scenario, world, worker)
    if len(world.workers) < scenario.workers:
        yield from slices.take(scenario, world)
        yield from poisoning.take(scenario, world)
    yield from surroundings.faults(scenario, world)
    yield from surroundings.time(scenario, world)
    if scenario.timer:
        yield from surroundings.timer(scenario, world)


def problem(scenario: Scenario, world: World) -> str | None:
    """Which promise is broken in this state, None where all are kept."""
    posting = [worker for worker in world.workers if worker.at == "deliver"]
    if scenario.rules.posts_need_fresh_lease:
        posting = [worker for worker in posting if worker.may_post]
    if len(posting) > 1:
        return "two workers may post to the account at the same time"
    if any(message.ahead > 1 for message in world.queue):
        return "a job is further ahead than its record can follow"
    return next((wrong for run in world.runs if (wrong := _broken(scenario, run))), None)


def is_end(world: World) -> bool:
    """Whether all runs are over and nothing is left behind."""
    over = all(run.over and run.tidied and not run.lease for run in world.runs)
    return over and not (world.workers or world.queue or world.waiting or world.account_lease)


def explored(scenario: Scenario) -> Explored[World]:
    """All states of a scenario, up to the first that breaks a promise."""
    return explore(
        start(scenario), lambda world: steps(scenario, world), lambda world: problem(scenario, world)
    )


def counterexample(scenario: Scenario) -> Counterexample | None:
    """The shortest way to a broken promise, or to a state without a way out; None where all is well."""
    found = explored(scenario)
    return found.found or found.stuck(is_end)


def _broken(scenario: Scenario, run: Run) -> str | None:
    if run.wrong:
        return run.wrong
    if run.logged & ~run.accepted:
        return "the log has a line for a chunk that was never accepted"
    if run.over == "done" and run.logged != scenario.all_chunks:
        return "a run ended well without a chunk"
    return "a run ended well without a report" if run.over == "done" and run.report != "whole" else None
