"""The short form of the suite, on two deployments at once."""

from tests.chaos import suite
from tests.chaos.table import Line

SEED = 1


def told(line: Line) -> None:
    """The lines are looked at in the end."""


async def test_every_promise_is_kept_while_everything_goes_wrong() -> None:
    scenarios = [scenario.name for ground in suite.QUICK for scenario in ground.scenarios]

    lines = await suite.run(suite.QUICK, seed=SEED, tell=told)

    broken = [f"{line.scenario}: {'; '.join(line.broken)}" for line in lines if line.broken]
    assert not broken, "\n".join(("broken promises, see scripts/chaos --quick --seed 1 --log FILE:", *broken))
    assert [line.scenario for line in lines] == scenarios
    assert all(line.delivered == line.expected > 0 for line in lines)
