import os

import pytest

from tests.model.protocol import counterexample, explored, is_end
from tests.model.rules import Scenario

SCENARIOS = {
    "three workers": Scenario(workers=3, faults=2),
    "three chunks": Scenario(chunks=3, in_flight=3, faults=2, kinds=("crash", "pause")),
    "two runs and three workers": Scenario(runs=2, chunks=1, workers=3, faults=1),
    "poison at once": Scenario(chunks=1, tries=1, faults=2),
    "poison, then no progress": Scenario(chunks=1, tries=1, faults=3, kinds=("crash",)),
}
DEEP = {
    "three faults": Scenario(faults=3),
    "two runs of two chunks and every fault": Scenario(runs=2, chunks=2, faults=1),
    "two runs and two crashes": Scenario(runs=2, chunks=1, faults=2, kinds=("crash",)),
    "two runs and two pauses": Scenario(runs=2, chunks=1, faults=2, kinds=("pause",)),
    "two runs and two faults": Scenario(runs=2, chunks=1, faults=2),
}
"""These take a minute or two."""
WITHOUT_TIMER = {
    "one run": Scenario(faults=2, timer=False, loses_messages=False),
    "two runs": Scenario(runs=2, chunks=1, faults=1, timer=False, loses_messages=False),
    "poison at once": Scenario(
        tries=1, faults=1, chunks=1, kinds=("crash",), timer=False, loses_messages=False
    ),
    "poison after two": Scenario(
        tries=2, faults=3, chunks=1, kinds=("crash",), timer=False, loses_messages=False
    ),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_no_promise_is_broken_and_every_run_can_end(scenario: Scenario) -> None:
    found = counterexample(scenario)

    assert found is None, str(found)


@pytest.mark.skipif("MODEL_DEEP" not in os.environ, reason="set MODEL_DEEP to explore for minutes")
@pytest.mark.parametrize("scenario", DEEP.values(), ids=list(DEEP))
def test_no_promise_is_broken_in_larger_scenarios(scenario: Scenario) -> None:
    found = counterexample(scenario)

    assert found is None, str(found)


@pytest.mark.parametrize("scenario", WITHOUT_TIMER.values(), ids=list(WITHOUT_TIMER))
def test_as_long_as_no_message_is_lost_nothing_waits_for_the_timer(scenario: Scenario) -> None:
    found = counterexample(scenario)

    assert found is None, str(found)


def test_less_than_twice_the_failures_that_poison_a_job_fail_no_run() -> None:
    states = explored(Scenario(tries=2, faults=3, chunks=1, kinds=("crash",))).states

    assert any(run.revived_at >= 0 for world in states for run in world.runs)
    assert not any(run.over == "failed" or run.ending for world in states for run in world.runs)


def test_without_faults_every_chunk_is_accepted_once() -> None:
    found = explored(Scenario(runs=2, chunks=2, faults=0))

    ends = [world for world in found.states if is_end(world)]
    assert found.found is None
    assert ends
    assert all(run.logged == run.accepted == 3 and not run.excused for world in ends for run in world.runs)
