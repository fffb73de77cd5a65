"""The short form of the suite: a dozen scenarios on two deployments."""

import asyncio
from collections.abc import Mapping

import pytest

from tests.chaos import suite
from tests.chaos.table import Line

SEED = 1
NAMES = [scenario.name for ground in suite.QUICK for scenario in ground.scenarios]


@pytest.fixture(scope="module")
def lines() -> Mapping[str, Line]:
    played = asyncio.run(suite.run(suite.QUICK, seed=SEED, tell=lambda line: None))
    return {line.scenario: line for line in played}


@pytest.mark.parametrize("name", NAMES)
def test_every_promise_holds(lines: Mapping[str, Line], name: str) -> None:
    line = lines[name]

    assert line.broken == ()
    assert line.struck > 0
    assert line.delivered == line.expected > 0


def test_nothing_is_left_in_temporary_folders(lines: Mapping[str, Line]) -> None:
    assert set(lines) == set(NAMES)
