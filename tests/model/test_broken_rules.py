from dataclasses import fields, replace

import pytest

from tests.model.protocol import counterexample
from tests.model.rules import Rules, Scenario

USUAL = Scenario(faults=2)
TWO_RUNS = Scenario(runs=2, chunks=1, faults=1)
WITHOUT_TIMER = Scenario(faults=1, timer=False, loses_messages=False)
POISON = Scenario(tries=2, faults=3, chunks=1, kinds=("crash",), timer=False, loses_messages=False)
QUICK_POISON = Scenario(tries=1, faults=1, chunks=1, kinds=("crash",), timer=False, loses_messages=False)
NO_END = "no end can be reached any more"

BROKEN = {
    "writes_before_release": (USUAL, "overwritten by a worker that does not hold its lease"),
    "sends_before_release": (WITHOUT_TIMER, NO_END),
    "writes_need_lease": (USUAL, "overwritten by a worker that does not hold its lease"),
    "reads_back": (USUAL, "a line stands in the log twice"),
    "posts_need_fresh_lease": (USUAL, "two workers may post to the account at the same time"),
    "turns_need_lease": (TWO_RUNS, "two workers may post to the account at the same time"),
    "takes_next": (USUAL, "dropped although its slice is not over"),
    "settles": (USUAL, "a run ended well without a chunk"),
    "sends_again_without_lease": (WITHOUT_TIMER, NO_END),
    "sends_again_when_fenced": (WITHOUT_TIMER, NO_END),
    "leaves_turns": (USUAL, NO_END),
    "report_needs_lease": (USUAL, "a report was overwritten when what it is made of was gone"),
    "poison_sends_first": (POISON, NO_END),
    "poison_tidies": (QUICK_POISON, NO_END),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_breaks_a_promise(rule: str) -> None:
    scenario, expected = BROKEN[rule]

    found = counterexample(replace(scenario, rules=Rules(**{rule: False})))

    assert found is not None
    assert expected in found.problem
    assert found.trace


def test_every_rule_is_broken_once() -> None:
    assert set(BROKEN) == {field.name for field in fields(Rules)}
