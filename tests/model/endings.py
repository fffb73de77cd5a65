"""A worker's steps at the end of a run: steps.Steps._finish, committing.Commit, committing.tidy."""

from collections.abc import Iterator

from tests.model.rules import Scenario
from tests.model.world import Worker, World
from tests.model.writing import fenced, freed, written

type Step = tuple[str, World]


def report(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    """The report is made of what is staged, and of the logs; it is written anew after a crash."""
    run = worker.message.run
    if scenario.rules.report_needs_lease and worker.run_lease != "fresh":
        yield from fenced(scenario, world, worker)
        return
    cut = world.runs[run].tidied
    wrong = "a report was overwritten when what it is made of was gone" if cut else world.runs[run].wrong
    reported = world.with_worker(worker, worker._replace(at="end"))
    yield "writes the report", reported.with_run(run, report="cut" if cut else "whole", wrong=wrong)


def end(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    """The record says that the run is over."""
    over = "failed" if world.runs[worker.message.run].ending else "done"
    tidying = worker._replace(at="tidy")
    yield from written(scenario, world, worker, tidying, "ends the run", over=over)


def tidy(scenario: Scenario, world: World, worker: Worker) -> Iterator[Step]:
    """What was staged goes, and the run's mark; then the lease is given back."""
    yield "tidies", tidied(scenario, freed(world, worker).with_worker(worker), worker.message.run)


def tidied(scenario: Scenario, world: World, run: int) -> World:
    """The world without what an ended run needs no more."""
    waiting = tuple(waits for waits in world.waiting if waits != run or not scenario.rules.leaves_turns)
    return world.with_run(run, tidied=True)._replace(waiting=waiting)
