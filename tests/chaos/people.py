"""What people and other programs do while a run lasts."""

import asyncio
from functools import partial

from tests.chaos.scenario import WELL, Ground, Scenario
from tests.chaos.site import TOGETHER
from tests.chaos.trial import CONTACTS, SLOWLY, Errand, Trial
from tools.proxy import Fault as StorageFault
from tools.sandbox import Fault

IMPORT, STATUS = "POST import/bulk_import", "GET import/info"
CANCELED = frozenset(("canceled",))
MAYBE_CANCELED = WELL | CANCELED


async def canceled_in(trial: Trial, state: str, fault: Fault | None = None) -> None:
    """Somebody cancels when the run's record says this state."""
    errand = await trial.errand()
    if fault:
        errand.sandbox.add_fault(fault)
    run = await trial.start(errand)
    await trial.until(run, lambda record: record["state"] == state, every=0.05)
    await _cancel(trial, run)


async def canceled_while_sending(trial: Trial) -> None:
    """Some chunks are accepted, others not."""
    errand = await trial.errand(2 * CONTACTS)
    run = await trial.start(errand)
    await trial.delivering(errand)
    await _cancel(trial, run)


async def canceled_while_waiting(trial: Trial) -> None:
    """The run waits, for ActiveCampaign asked for it, and nothing may be asked before that is over."""
    errand = await trial.errand()
    errand.sandbox.add_fault(Fault(kind="unavailable", endpoint=IMPORT, at=(3,), retry_after=50))
    run = await trial.start(errand)
    await trial.waiting(run, 20)
    await _cancel(trial, run)


async def canceled_while_ending(trial: Trial) -> None:
    """The ledger is being written, for a long time."""
    errand = await trial.errand()
    request = f"PUT */ledger/{errand.export}*"
    trial.site.app.storage.faults.add(StorageFault(kind="hang", request=request))
    run = await trial.start(errand)
    await trial.until(run, lambda record: errand.export in " ".join(trial.site.app.storage.faults.struck))
    await _cancel(trial, run)


async def key_rotated(trial: Trial) -> None:
    """The old key is void from one request to the next; the vault has the new one."""
    errand = await trial.errand(2 * CONTACTS)
    await trial.start(errand)
    await trial.delivering(errand)
    await trial.renew_key(errand)
    trial.strike()


async def snapshot_overwritten(trial: Trial, *, while_planning: bool) -> None:
    """The partitions are written anew under the reader's hands, or when they were read."""
    errand, _ = await _under_way(trial, while_planning=while_planning)
    await trial.write(errand)
    trial.strike()


async def snapshot_deleted(trial: Trial, *, while_planning: bool) -> None:
    """The partitions go; the next export brings others."""
    errand, run = await _under_way(trial, while_planning=while_planning)
    await trial.delete_snapshot(errand)
    trial.strike()
    await trial.ended(run)
    await trial.write(errand, hours=1)


async def redeployed(trial: Trial) -> None:
    """Host and workers go twice, while four runs are in different phases."""
    errands = await asyncio.gather(*(trial.errand(CONTACTS * size) for size in (4, 3, 2, 1)))
    for errand in errands:
        await trial.start(errand)
        await asyncio.sleep(1.0)
    for _ in range(2):
        await trial.site.redeploy()
        trial.interrupt(len(errands))
        await asyncio.sleep(4.0)


async def _under_way(trial: Trial, *, while_planning: bool) -> tuple[Errand, str]:
    errand = await trial.errand()
    errand.sandbox.add_fault(SLOWLY)
    run = await trial.start(errand)
    await (_planning(trial, run) if while_planning else trial.delivering(errand))
    return errand, run


async def _planning(trial: Trial, run: str) -> None:
    await trial.until(run, lambda record: record["state"] == "planning", every=0.05)
    await asyncio.sleep(0.7)  # The snapshot is pinned, and the account is slow to answer.


async def _cancel(trial: Trial, run: str) -> None:
    await trial.site.app.deployment.api.post(f"runs/{run}/cancel")
    trial.strike()


_SLOW_OUTCOMES = Fault(kind="delay", endpoint=STATUS, times=None, seconds=1.5)

GROUND = Ground(
    name="people",
    together=12,
    settings=TOGETHER,
    scenarios=(
        Scenario(name="canceled while it waits long", play=canceled_while_waiting, ends=CANCELED),
        Scenario(name="canceled while it ends", play=canceled_while_ending, ends=MAYBE_CANCELED),
        Scenario(name="canceled while queued", play=partial(canceled_in, state="queued"), ends=CANCELED),
        Scenario(
            name="canceled while planning",
            play=partial(canceled_in, state="planning", fault=SLOWLY),
            ends=CANCELED,
        ),
        Scenario(name="canceled while sending", play=canceled_while_sending, ends=CANCELED, quick=True),
        Scenario(
            name="canceled while confirming",
            play=partial(canceled_in, state="confirming", fault=_SLOW_OUTCOMES),
            ends=MAYBE_CANCELED,
        ),
        Scenario(name="key rotated while it sends", play=key_rotated, quick=True),
        Scenario(
            name="snapshot overwritten while planning",
            play=partial(snapshot_overwritten, while_planning=True),
            ends=frozenset(("failed",)),
            quick=True,
        ),
        Scenario(
            name="snapshot overwritten while sending",
            play=partial(snapshot_overwritten, while_planning=False),
        ),
        Scenario(
            name="snapshot deleted while planning",
            play=partial(snapshot_deleted, while_planning=True),
            ends=frozenset(("failed",)),
        ),
        Scenario(name="snapshot deleted while sending", play=partial(snapshot_deleted, while_planning=False)),
    ),
)  # fmt: skip
REDEPLOYED = Ground(
    name="redeployed",
    kills=True,
    settings=TOGETHER,
    scenarios=(Scenario(name="redeployed in the middle, twice", play=redeployed),),
)
