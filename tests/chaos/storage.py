"""Our own storage and queue misbehave, and leases and messages are not what they seem."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from functools import partial

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import BlobLeaseClient

from tests.chaos.scenario import Ground, Scenario
from tests.chaos.site import TOGETHER
from tests.chaos.trial import CONTACTS, SLOWLY, Errand, Trial
from tools.proxy import Fault

WRITES = (
    "PUT */runs/{run}/run.json*",
    "PUT */runs/{run}/chunks*",
    "PUT */runs/{run}/plan.json*",
    "PUT */runs/{run}/deliveries.ndjson*",
    "PUT */runs/{run}/outcomes.ndjson*",
    "PUT */runs/{run}/run.json*comp=lease*",
    "PUT */runs/{run}/rejections.csv*",
    "PUT */ledger/{export}*",
    "PUT */exports/{export}/state.json*",
    "DELETE */runs/{run}/chunks*",
    "DELETE */active/{export}*",
)
READS = ("GET */runs/{run}/*", "GET */ledger/{export}*", "GET */active/{export}*")


async def storage_struck(trial: Trial, faults: tuple[Fault, ...]) -> None:
    """A run whose requests to storage go wrong; the patterns have places for run and export."""
    errand, run = await _start_slowly(trial)
    armed = [replace(fault, request=fault.request.format(run=run, export=errand.export)) for fault in faults]
    for fault in armed:
        trial.site.app.storage.faults.add(fault)
    await trial.ended(run)
    trial.strike(sum(run in each or errand.export in each for each in trial.site.app.storage.faults.struck))


async def lease_lost(trial: Trial) -> None:
    """The leases on the run and on its account are broken while it sends, as if they had run out."""
    run = await _sending(trial)
    account = json.loads((await trial.site.app.blobs(f"runs/{run}/run.json")).popitem()[1])["account"]
    for name in (f"runs/{run}/run.json", f"accounts/{account}"):
        blob = trial.site.app.deployment.state.get_blob_client(name)
        with suppress(ResourceExistsError):  # Who lost the first may have let the second go.
            await BlobLeaseClient(blob).break_lease(lease_break_period=0)
            trial.interrupt()


async def same_message_for_two(trial: Trial) -> None:
    """Every slice's message comes three times while the run goes on."""
    run = await _sending(trial)
    while (record := await trial.until(run, bool))["state"] in ("delivering", "confirming"):
        for _ in range(2):
            await _send(trial, run, record["slice"])
        await asyncio.sleep(1.0)


async def old_message_late(trial: Trial) -> None:
    """Messages of slices that are over, or never were, come while it sends and after the end."""
    run = await _sending(trial)
    for number in (1, 1, 0, 99):
        await _send(trial, run, number)
    ended = await trial.ended(run)
    for number in range(1, ended["slice"] + 2):
        await _send(trial, run, number)


async def storage_away(trial: Trial, how: str, seconds: float) -> None:
    """All storage is away while three runs are in different phases."""
    errands = await asyncio.gather(*(trial.errand(CONTACTS * size) for size in (3, 2, 1)))
    for errand in errands:
        await trial.start(errand)
        await asyncio.sleep(1.0)
    away = trial.site.stop_storage if how == "stopped" else trial.site.refuse_storage
    await away(seconds)
    trial.interrupt(len(errands))


async def queue_struck(trial: Trial, fault: Fault) -> None:
    """Sending the next slice's message goes wrong, again and again."""
    errand = await trial.errand(4 * CONTACTS)
    trial.site.queues.faults.add(fault)
    await trial.run(errand)
    trial.strike(len(trial.site.queues.faults.struck))
    trial.site.queues.faults.clear()
    trial.site.queues.faults.struck.clear()


async def _start_slowly(trial: Trial) -> tuple[Errand, str]:
    errand = await trial.errand()
    errand.sandbox.add_fault(SLOWLY)
    return errand, await trial.start(errand)


async def _sending(trial: Trial) -> str:
    errand = await trial.errand(2 * CONTACTS)
    run = await trial.start(errand)
    await trial.delivering(errand)
    return run


async def _send(trial: Trial, run: str, number: int) -> None:
    await trial.site.app.deployment.jobs.send_message(json.dumps({"run": run, "slice": number}))
    trial.strike()


def _all(kind: str, patterns: tuple[str, ...], *at: int) -> tuple[Fault, ...]:
    return tuple(Fault(kind=kind, request=pattern, at=at) for pattern in patterns)  # type: ignore[arg-type]


def _struck(name: str, faults: tuple[Fault, ...], *, quick: bool = False) -> Scenario:
    return Scenario(name=name, play=partial(storage_struck, faults=faults), quick=quick)


GROUND = Ground(
    name="storage misbehaves",
    together=10,
    instances=3,
    settings=TOGETHER,
    scenarios=(
        _struck("no answer of storage to a write", _all("hang", WRITES[3:8:2], 1)),
        _struck("storage answers 503 to every kind of write", _all("refuse", WRITES, 1, 2)),
        _struck("answers to every kind of write are swallowed", _all("swallow", WRITES, 1, 3), quick=True),
        _struck("answers of storage are cut in the middle", _all("cut", READS, 1, 2, 5)),
        _struck("storage answers 503 to reads", _all("refuse", READS, 2, 4)),
        Scenario(name="leases lost while it sends", play=lease_lost),
        Scenario(name="the same message for several workers", play=same_message_for_two, quick=True),
        Scenario(name="old messages late", play=old_message_late),
    ),
)  # fmt: skip
OUTAGES = Ground(
    name="storage is away",
    settings=TOGETHER,
    scenarios=(
        Scenario(name="Azurite stopped and started", play=partial(storage_away, how="stopped", seconds=6)),
        Scenario(name="Azurite stopped for long", play=partial(storage_away, how="stopped", seconds=30)),
        Scenario(name="503 to everything for 10 s", play=partial(storage_away, how="refused", seconds=10)),
        Scenario(
            name="a message sent twice, its answer swallowed",
            play=partial(queue_struck, fault=Fault(kind="swallow", request="POST */messages?*", times=4)),
        ),
        Scenario(
            name="the queue answers 503",
            play=partial(queue_struck, fault=Fault(kind="refuse", request="POST */messages?*", times=6)),
        ),
    ),
)  # fmt: skip
