"""Hours of waiting, and clocks that jump: time is moved by hand, in storage and in the sandbox."""

import asyncio
import json

from tests.chaos.scenario import Ground, Scenario
from tests.chaos.site import TOGETHER
from tests.chaos.trial import CONTACTS, Trial
from tests.pipeline import state
from tools.sandbox import Fault
from tools.sandbox.clock import ScaledClock

IMPORT = "POST import/bulk_import"
HOUR, DAY = 3600.0, 86_400.0
_QUIET_SECONDS = 12.0
"""Longer than the timer's rounds."""


class JumpingClock(ScaledClock):
    """Real time, with jumps ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return super().now() + self.ahead


async def maintenance(trial: Trial) -> None:
    """Away for two hours, with Retry-After: nothing is asked meanwhile; then the hours pass at once."""
    clock = JumpingClock()
    account = await trial.account(clock=clock)
    errand = await trial.errand(2 * CONTACTS, account)
    account.add_fault(Fault(kind="unavailable", endpoint=IMPORT, at=(4,), retry_after=2 * HOUR))
    run = await trial.start(errand)
    waiting = await trial.waiting(run, HOUR)
    before = account.evidence()["requests"]
    await asyncio.sleep(_QUIET_SECONDS)
    assert account.evidence()["requests"] == before, "it asked ActiveCampaign before the hours were over"
    assert (await trial.until(run, bool))["slice"] == waiting["slice"], "it worked while it had to wait"
    trial.strike()

    clock.ahead += 2 * HOUR
    await _pass(trial, 2 * HOUR)
    await trial.site.app.deployment.jobs.send_message(json.dumps({"run": run, "slice": waiting["slice"]}))
    await trial.ended(run)


async def clock_jumps_back(trial: Trial) -> None:
    """The pace was noted by a machine whose clock is a day ahead; the next run waits no day for it."""
    await _jumps(trial, -DAY)


async def clock_jumps_ahead(trial: Trial) -> None:
    """The pace was noted by a machine whose clock is a day behind."""
    await _jumps(trial, DAY)


async def _jumps(trial: Trial, seconds: float) -> None:
    account = await trial.account()
    first, second = [await trial.errand(CONTACTS, account) for _ in range(2)]
    await trial.run(first)
    await _pass(trial, seconds)
    trial.strike()
    await trial.run(second)


async def _pass(trial: Trial, seconds: float) -> None:
    await state.age_pacing(trial.site.app.deployment.state, seconds)


GROUND = Ground(
    name="hours and clocks",
    settings=TOGETHER,
    scenarios=(
        Scenario(name="maintenance, with Retry-After of two hours", play=maintenance),
        Scenario(name="the clock jumps back a day", play=clock_jumps_back),
        Scenario(name="the clock jumps ahead a day", play=clock_jumps_ahead),
    ),
)
