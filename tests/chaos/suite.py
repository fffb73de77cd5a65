"""All scenarios, and how they are run: grounds one beside the other, scenarios on each."""

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from tests.chaos import crowds, faults, hours, kills, people, site, storage
from tests.chaos.playing import play
from tests.chaos.scenario import Ground, Scenario
from tests.chaos.site import Site, open_site
from tests.chaos.table import Line
from tests.e2e.scene import recorded

GROUNDS = (
    kills.RANDOM_GROUND,
    storage.OUTAGES,
    hours.GROUND,
    crowds.GROUND,
    people.REDEPLOYED,
    kills.PHASES_GROUND,
    storage.GROUND,
    people.GROUND,
    faults.GROUND,
)
"""The two that keep both cores busy, random kills and crowds, with those beside them that mostly wait."""
_GROUNDS_AT_ONCE = 2

type Tell = Callable[[Line], None]


async def run(
    grounds: Iterable[Ground],
    *,
    seed: int,
    tell: Tell,
    log: Path | None = None,
    at_once: int = _GROUNDS_AT_ONCE,
) -> list[Line]:
    """The lines in the order of the grounds; `tell` gets each as soon as it is there.

    What hosts and workers write goes into `log`, or is forgotten.
    """
    places = asyncio.Semaphore(at_once)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, recorded(log or Path(folder) / "log"):
        results = await asyncio.gather(
            *(_on(ground, Path(tempfile.mkdtemp(dir=folder)), places, seed, tell) for ground in grounds)
        )
    return [line for lines in results for line in lines]


def only(grounds: Iterable[Ground], name: str) -> list[Ground]:
    """The scenarios whose names, or whose grounds' names, have this in them."""
    return _chosen(grounds, lambda ground, scenario: name in scenario.name or name in ground.name)


def _quick() -> Ground:
    """The quick scenarios of several grounds, all at once on one deployment."""
    scenarios = [one for ground in GROUNDS for one in ground.scenarios if one.quick]
    return Ground(name="quick", scenarios=tuple(scenarios), together=len(scenarios), settings=site.TOGETHER)


def _chosen(grounds: Iterable[Ground], wanted: Callable[[Ground, Scenario], bool]) -> list[Ground]:
    chosen = [
        replace(ground, scenarios=tuple(one for one in ground.scenarios if wanted(ground, one)))
        for ground in grounds
    ]
    return [ground for ground in chosen if ground.scenarios]


QUICK = (_quick(), kills.QUICK_GROUND)
"""The short form: what takes no hours and no leases to run out, on two deployments."""


async def _on(ground: Ground, folder: Path, places: asyncio.Semaphore, seed: int, tell: Tell) -> list[Line]:
    opening = open_site(ground.settings, instances=ground.instances, folder=folder, proxied=ground.proxied)
    async with places, opening as opened:
        return await _play_all(ground, opened, seed, tell)


async def _play_all(ground: Ground, opened: Site, seed: int, tell: Tell) -> list[Line]:
    together = asyncio.Semaphore(ground.together)

    async def one(scenario: Scenario) -> Line:
        async with together:
            line = await play(scenario, opened, seed)
        tell(line)
        return line

    lines = list(await asyncio.gather(*map(one, ground.scenarios)))
    if (left := opened.scratch()) and not ground.kills:
        lines.append(Line(scenario=f"{ground.name}: afterwards", broken=(f"{len(left)} temporary files",)))
        tell(lines[-1])
    return lines
