"""Step: the run delivers, its worker is killed half-way, the run goes on."""

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime

from tools.demo.meter import Meter
from tools.demo.play import Json, Play
from tools.demo.stage import LEASE_SECONDS
from tools.deployment import ApiError
from tools.deployment.api import ENDED

_LOOK = 0.1
_STOPPED_AFTER = 1.0
"""Seconds after which nothing of a killed worker is on its way any more."""
_ENDED_WITHIN = 180.0


async def deliver(play: Play, run: Json) -> Json:
    """Gives the run at its end."""
    play.screen.heading(
        "It delivers, as fast as ActiveCampaign allows; half-way its worker process is killed",
        "What was accepted stands in a log in storage, so that another worker can go on where the dead one "
        f"stopped. First the dead one's lease has to run out ({LEASE_SECONDS} s), lest two deliver at once.",
    )
    total = run["counts"]["planned"]
    with play.screen.meter(total) as meter:
        await _follow(play, run, meter, lambda found: _accepted(play) >= total / 2)
        killed = await _kill(play)
        before = _accepted(play)
        await _follow(play, run, meter, lambda found: _accepted(play) > before or found["state"] in ENDED)
        waited = _seconds_since(killed)
        play.screen.say(
            f"meanwhile   {_looks(play, killed)} looks at the run, in vain while the lease lasted"
        )
        play.screen.say(f"+{waited:4.1f} s     the run goes on, and sends what is not in the log")
        run = await _follow(play, run, meter, lambda found: found["state"] in ENDED)
    play.checks.note(
        "a killed worker does not end a run",
        run["state"] == "completed_with_warnings" and run["counts"]["unsent"] == 0,
        f"killed at {before:,} of {total:,} contacts, went on after {waited:.1f} s, ended {run['state']}",
    )
    return run


async def _follow(play: Play, run: Json, meter: Meter, over: Callable[[Json], bool]) -> Json:
    """Shows progress until it is `over`; gives the run as it is then. Raises TimeoutError."""
    async with asyncio.timeout(_ENDED_WITHIN):
        while True:
            try:
                run = await play.stage.api.get(f"runs/{run['id']}")
            except ApiError as error:
                # The worker that was asked is the one that was killed.
                if error.status < 500:
                    raise
            meter.show(run)
            if over(run):
                return run
            await asyncio.sleep(_LOOK)


async def _kill(play: Play) -> datetime:
    """Kills the worker, and waits for the host to start another; gives when it was killed."""
    host, workers = play.stage.deployment.host, len(play.stage.workers)
    [pid] = host.worker_pids
    killed = datetime.now(UTC)
    os.kill(pid, signal.SIGKILL)
    play.screen.say(f"kill -9     process {pid}; ActiveCampaign has accepted {_accepted(play):,} contacts")
    await asyncio.sleep(_STOPPED_AFTER)
    await host.wait_for(lambda host: len(play.stage.workers) > workers)
    started, name = play.stage.workers[-1]
    play.screen.say(f"+{(started - killed).total_seconds():4.1f} s     the host starts another: {name}")
    return killed


def _looks(play: Play, killed: datetime) -> int:
    """How often a worker came for the run since then, and went again."""
    history = play.stage.deployment.host.history
    return sum(each.function == "work" and each.started > killed for each in history)


def _accepted(play: Play) -> int:
    return int(play.stage.evidence()["contacts_accepted"])


def _seconds_since(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()
