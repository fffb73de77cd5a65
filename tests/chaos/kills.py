"""The worker process is killed: in each phase, and at random moments."""

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from tests.chaos.scenario import Ground, Scenario
from tests.chaos.site import TOGETHER
from tests.chaos.trial import CONTACTS, SLOWLY, Errand, Trial
from tests.e2e.scene import CHUNK
from tools.proxy import Fault as StorageFault
from tools.sandbox import Fault

IMPORT, STATUS = "POST import/bulk_import", "GET import/info"
_LANES = 10
"""Runs under way at a time, each against an account of its own."""
_RUNS = 6
"""In each lane, at most."""
_SIZES = (40, CHUNK, CONTACTS, 4 * CONTACTS)
_PAUSE = (0.4, 2.6)
"""Seconds between two kills, from and to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Where a run hangs when it is struck: at a request to the account, or to our own storage."""

    name: str
    account: Fault | None = None
    storage: str = ""
    """With places for run and export."""
    number: int = 1
    """Which of those requests hangs."""


def _lost(*at: int) -> Fault:
    return Fault(kind="hang", endpoint=IMPORT, when="after", at=at)


PHASES = (
    Phase(name="looking at the account", account=Fault(kind="hang", endpoint="GET lists/*", at=(1,))),
    Phase(name="planning", storage="PUT */runs/{run}/chunks*"),
    Phase(name="planned", storage="PUT */runs/{run}/plan.json*"),
    Phase(name="noting the plan", storage="PUT */runs/{run}/run.json*", number=2),
    Phase(name="the first imports", account=_lost(1, 2, 3)),
    Phase(name="noting an import", storage="PUT */runs/{run}/deliveries.ndjson*comp=appendblock*"),
    Phase(name="the last imports", account=_lost(3, 4, 5)),
    Phase(name="asking for outcomes", account=Fault(kind="hang", endpoint=STATUS, at=(4,))),
    Phase(name="noting outcomes", storage="PUT */runs/{run}/outcomes.ndjson*comp=appendblock*"),
    Phase(name="writing the ledger", storage="PUT */ledger/{export}*"),
    Phase(name="writing the report", storage="PUT */runs/{run}/rejections.csv*"),
    Phase(name="tidying up", storage="DELETE */runs/{run}/chunks*"),
)


async def killed_in_phases(trial: Trial, phases: tuple[Phase, ...] = PHASES) -> None:
    """A run hangs in each phase; then the one process in which all of them are dies."""
    struck = await asyncio.gather(*(_hang(trial, phase) for phase in phases))
    async with asyncio.timeout(60):
        while not all(_hangs(trial, phase, *run) for phase, run in zip(phases, struck, strict=True)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await trial.site.app.deployment.kill_workers()
    trial.interrupt(len(phases))
    for errand, _ in struck:
        errand.sandbox.account.faults.clear()


async def _hang(trial: Trial, phase: Phase) -> tuple[Errand, str]:
    errand = await trial.errand()
    if phase.account:
        errand.sandbox.add_fault(phase.account)
    else:
        errand.sandbox.add_fault(SLOWLY)
    run = await trial.start(errand)
    if phase.storage:
        request = phase.storage.format(run=run, export=errand.export)
        trial.site.app.storage.faults.add(StorageFault(kind="hang", request=request, at=(phase.number,)))
    return errand, run


def _hangs(trial: Trial, phase: Phase, errand: Errand, run: str) -> bool:
    if phase.account:
        return errand.sandbox.account.faults.struck.total() >= len(phase.account.at)
    request = phase.storage.format(run=run, export=errand.export)
    return any(fnmatchcase(struck, request) for struck in trial.site.app.storage.faults.struck)


async def killed_at_random(trial: Trial, kills: int) -> None:
    """Runs of several sizes on several accounts, one after the other in each lane, until enough died."""
    sizes = [trial.random.choice(_SIZES) for _ in range(_LANES * _RUNS)]
    lanes = await asyncio.gather(*(_prepare(trial, sizes[lane::_LANES]) for lane in range(_LANES)))
    enough = asyncio.Event()
    running = [asyncio.create_task(_lane(trial, lane, enough)) for lane in lanes]
    try:
        while trial.struck < kills and not all(task.done() for task in running):
            await asyncio.sleep(trial.random.uniform(*_PAUSE))
            await trial.site.kill_one(trial.random)
            trial.interrupt()
    finally:
        enough.set()
        await asyncio.gather(*running)


async def _prepare(trial: Trial, sizes: list[int]) -> list[Errand]:
    account = await trial.account()
    return [await trial.errand(size, account) for size in sizes]


async def _lane(trial: Trial, errands: list[Errand], enough: asyncio.Event) -> None:
    for errand in errands:
        if enough.is_set():
            trial.errands.remove(errand)
            continue
        await trial.ended(await trial.start(errand))


PHASES_GROUND = Ground(
    name="killed in each phase",
    kills=True,
    instances=1,
    settings=TOGETHER | {"SLICE_SECONDS": "60"},
    scenarios=(Scenario(name="killed in each of 12 phases", play=killed_in_phases),),
)
RANDOM_GROUND = Ground(
    name="killed at random",
    kills=True,
    instances=4,
    scenarios=(
        Scenario(name="killed at random moments", play=partial(killed_at_random, kills=100), patience=600),
    ),
)
QUICK_GROUND = Ground(
    name="killed",
    kills=True,
    instances=1,
    settings=TOGETHER,
    scenarios=(
        Scenario(
            name="killed while it sends", play=partial(killed_in_phases, phases=PHASES[4:6]), quick=True
        ),
    ),
)
