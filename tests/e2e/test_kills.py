"""The worker process is killed in the middle of everything, and every run still ends by itself.

Requests hang at the moments that matter, so that one kill strikes a run in each phase.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.scene import CHUNK, QUICK, App, account, addresses, adds_up, recorded
from tools.azurite import Azurite
from tools.deployment import Deployment
from tools.proxy import Fault as StorageFault
from tools.proxy import Proxy
from tools.sandbox import Fault, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHUNKS = 8
CONTACTS = CHUNKS * CHUNK
IMPORT, STATUS = "POST import/bulk_import", "GET import/info"
TOGETHER = {
    # All runs in one process, so that one kill strikes them all.
    "AzureFunctionsJobHost__extensions__queues__batchSize": "8",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Where a run is when it is struck: the requests that hang there, and chunks that go twice for it."""

    name: str
    account: tuple[Fault, ...] = ()
    storage: str = ""
    """A request to our own storage, with places for the run and the export."""
    number: int = 1
    """Which of those requests hangs."""
    repeated_chunks: int = 0


def lost(*at: int) -> tuple[Fault, ...]:
    """Imports that are carried out and never answered."""
    return (Fault(kind="hang", endpoint=IMPORT, when="after", at=at),)


# Long enough to set a fault for a run whose id is known only after its start.
SLOWLY = (Fault(kind="delay", endpoint="GET lists/1", at=(1,), seconds=1.5),)
PHASES = [
    Phase(name="planning", account=SLOWLY, storage="PUT */runs/{run}/chunks*"),
    Phase(name="planned", account=SLOWLY, storage="PUT */runs/{run}/plan.json*"),
    Phase(name="checking", account=(Fault(kind="hang", endpoint="GET lists/1", at=(1,)),)),
    Phase(name="early", account=lost(1, 2, 3), repeated_chunks=3),
    Phase(name="late", account=lost(CHUNKS - 2, CHUNKS - 1, CHUNKS), repeated_chunks=3),
    Phase(name="confirming", account=(Fault(kind="hang", endpoint=STATUS, at=(CHUNKS - 1,)),)),
    Phase(name="committing", storage="PUT */ledger/{export}*"),
    # The first write notes the snapshot, the second comes after the ledger.
    Phase(name="committed", storage="PUT */exports/{export}/state.json*", number=2),
]
each_phase = pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """A run that was started so that it hangs in its phase."""

    phase: Phase
    sandbox: Sandbox
    id: str
    hangs: str
    """The request to our own storage."""

    def reached(self, storage: Proxy) -> bool:
        """Whether everything hangs that shall."""
        imports = self.sandbox.account.faults.struck.total()
        if imports < sum(len(fault.at) for fault in self.phase.account):
            return False
        return not self.hangs or any(fnmatchcase(request, self.hangs) for request in storage.faults.struck)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """How everything was when all runs were over."""

    app: App
    struck: dict[str, Struck]
    runs: dict[str, dict[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def aftermath(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Aftermath]:
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(_app(azurite, tmp_path_factory.mktemp("kills") / "log"))
        struck = [await _start(app, phase, stack) for phase in PHASES]
        await _all_reached(struck, app.storage)

        await app.deployment.kill_workers()

        ended = await asyncio.gather(*(app.deployment.api.run_to_end(run.id) for run in struck))
        yield Aftermath(
            app=app,
            struck={run.phase.name: run for run in struck},
            runs={run.phase.name: end for run, end in zip(struck, ended, strict=True)},
        )


async def _all_reached(struck: list[Struck], storage: Proxy) -> None:
    for _ in range(600):
        if not (missing := [run.phase.name for run in struck if not run.reached(storage)]):
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"not in their phases after 30 s: {', '.join(missing)}")


@asynccontextmanager
async def _app(azurite: Azurite, log: Path) -> AsyncIterator[App]:
    async with Proxy(azurite.blob_url) as storage:
        state = azurite.connection_string.replace(azurite.blob_url, storage.url)
        with recorded(log):
            async with Deployment(
                {**QUICK, **TOGETHER, "StateStorage": state}, azurite=azurite
            ) as deployment:
                yield App(deployment=deployment, storage=storage, log=log)


async def _start(app: App, phase: Phase, stack: AsyncExitStack) -> Struck:
    sandbox = await stack.enter_async_context(account(app, phase.name))
    for fault in phase.account:
        sandbox.add_fault(fault)
    await app.export_of(phase.name, phase.name, CONTACTS)
    if "{run}" not in phase.storage:
        hangs = _hang(app, phase, run="")
        run = await app.start(phase.name)
    else:
        run = await app.start(phase.name)
        hangs = _hang(app, phase, run=run)
    return Struck(phase=phase, sandbox=sandbox, id=run, hangs=hangs)


def _hang(app: App, phase: Phase, *, run: str) -> str:
    request = phase.storage.format(run=run, export=phase.name)
    if request:
        app.storage.faults.add(StorageFault(kind="hang", request=request, at=(phase.number,)))
    return request


@each_phase
async def test_a_run_whose_worker_died_ends_by_itself(aftermath: Aftermath, phase: Phase) -> None:
    run = aftermath.runs[phase.name]

    assert run["state"] == "successful"
    assert run["counts"]["imported"] == CONTACTS
    assert adds_up(run)


@each_phase
async def test_nobody_is_missing_on_the_list(aftermath: Aftermath, phase: Phase) -> None:
    assert aftermath.struck[phase.name].sandbox.members(1) == addresses(CONTACTS)


@each_phase
async def test_only_requests_whose_answer_was_lost_are_sent_again(aftermath: Aftermath, phase: Phase) -> None:
    evidence = aftermath.struck[phase.name].sandbox.evidence()

    assert evidence["repeated_same"] == phase.repeated_chunks * CHUNK
    assert evidence["repeated_changed"] == 0
    assert phase.repeated_chunks <= 3


async def test_nothing_is_left_behind(aftermath: Aftermath) -> None:
    left = [await aftermath.app.leftovers(name, run["id"]) for name, run in aftermath.runs.items()]

    assert left == [[]] * len(PHASES)
    assert await aftermath.app.queued() == 0


async def test_the_ledger_knows_everybody_who_arrived(aftermath: Aftermath) -> None:
    name = "committed"

    again = await aftermath.app.run(name)

    assert again["counts"]["unchanged"] == CONTACTS
    assert again["counts"]["planned"] == 0
