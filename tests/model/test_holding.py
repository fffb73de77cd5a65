from itertools import product

import pytest

from tests.model.explorer import Counterexample, explore
from tests.model.holding import Holding, Plan, is_end, problem, steps


def counterexample(plan: Plan) -> Counterexample | None:
    explored = explore(Holding(), lambda now: steps(plan, now), lambda now: problem(plan, now))
    return explored.found or explored.stuck(is_end)


@pytest.mark.parametrize(("held", "dry_run"), list(product([True, False], repeat=2)))
def test_what_is_held_waits_for_its_approval_and_no_order_is_overheard(held: bool, dry_run: bool) -> None:
    found = counterexample(Plan(held=held, dry_run=dry_run))

    assert found is None, str(found)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Plan(notes_plan_and_hold_at_once=False), "a guard had held and nobody approved"),
        (Plan(notes_plan_and_hold_at_once=False, dry_run=True), "a dry run sent contacts"),
        (Plan(held_at_its_slice=False), "no end can be reached"),
    ],
)
def test_without_its_rules_a_held_plan_is_sent_or_an_order_is_overheard(plan: Plan, expected: str) -> None:
    found = counterexample(plan)

    assert found is not None
    assert expected in found.problem
