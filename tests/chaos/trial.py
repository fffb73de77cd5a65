"""One scenario under way: the exports it runs, and what it did to them."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import aiohttp
from azure.core.exceptions import AzureError

from tests.chaos.site import Site
from tests.e2e.scene import CHUNK
from tests.pipeline import COLUMNS, people
from tests.pipeline.segments import row
from tools.deployment.api import ENDED, ApiError
from tools.sandbox import LIFTED, REALISTIC, Fault, Sandbox
from tools.sandbox.clock import Clock

CONTACTS = 5 * CHUNK
_APART = 100_000
"""People of one export, at most; no two exports of a scenario share any."""
_LOOKS_A_SECOND = 25
"""At runs, all together; more would take the cores from those who work."""
_AT_ONCE = {name: value for name, value in LIFTED.items() if not name.endswith(("_second", "_minute"))}
PACED = {**_AT_ONCE, **REALISTIC}
"""Imports are over as soon as they are queued; limits and answers are as slow as ActiveCampaign's own."""
_LOSING = ("truncate", "cut", "stall")
_FAILING = ("batch_failed", "batch_interrupted")
SLOWLY = Fault(kind="delay", endpoint="GET lists/*", at=(1,), seconds=2.0)
"""Holds a plan up after its snapshot is pinned and before a row is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One export into one list, of so many people, two of whom unsubscribed from it before."""

    export: str
    sandbox: Sandbox
    list_id: int
    contacts: int
    connection: str
    first: int
    """The number of the first of its people."""
    moved_after: int = 0
    """The number of runs that went to another list, which is gone."""

    @property
    def wanted(self) -> frozenset[str]:
        """Who must be active in the end."""
        return frozenset(row[COLUMNS.index("EMail")] for row in self._people) - self.opted_out

    @property
    def opted_out(self) -> frozenset[str]:
        """Who unsubscribed from the list."""
        return frozenset(f"p{self.first + number}@example.com" for number in (3, 4))

    @property
    def rows(self) -> list[Any]:
        """The segment's rows, one of them without a usable address."""
        return [*self._people, row(10**9, EMail="nobody")]

    @property
    def _people(self) -> list[Any]:
        return people(self.contacts, start=self.first)


@dataclass(slots=True, kw_only=True)
class Trial:
    """What a scenario works with; everything it makes has a name of its own."""

    name: str
    site: Site
    random: Random
    stack: AsyncExitStack
    patience: float
    """Seconds until a run must have ended."""
    errands: list[Errand] = field(default_factory=list)
    accounts: list[Sandbox] = field(default_factory=list)
    run_again: int | None = None
    """How many of the exports are run once more in the end; None for all of them."""
    struck: int = 0
    interruptions: int = 0
    """Of those strikes, how many may have ended a slice with imports in flight."""
    excused: int = 0
    """Imports that must go again because the account lost their answer or failed them."""

    def strike(self, times: int = 1) -> None:
        """Counts what was done to the run."""
        self.struck += times

    def interrupt(self, times: int = 1) -> None:
        """Counts what may have ended a slice in the middle."""
        self.struck += times
        self.interruptions += times

    async def account(self, *, clock: Clock | None = None) -> Sandbox:
        """An ActiveCampaign with its real limits."""
        sandbox = Sandbox(knobs=PACED, clock=clock, seed=self.random.getrandbits(32))
        await self.stack.enter_async_context(sandbox)
        self.accounts.append(sandbox)
        await self.site.app.deployment.connect(sandbox.url, sandbox.api_key, self._connection(sandbox))
        return sandbox

    async def errand(self, contacts: int = CONTACTS, account: Sandbox | None = None) -> Errand:
        """An export, its segment written, its run not started."""
        sandbox = account or await self.account()
        export = f"{self.name}-{len(self.errands)}"
        errand = Errand(
            export=export,
            sandbox=sandbox,
            list_id=sandbox.add_list(export),
            contacts=contacts,
            connection=self._connection(sandbox),
            first=len(self.errands) * _APART,
        )
        self.errands.append(errand)
        _opt_out(errand)
        await self.write(errand)
        await self.site.app.export(
            export, errand.connection, list_id=errand.list_id, guards={"rejected_share": 1}
        )
        return errand

    async def write(self, errand: Errand, *, hours: int = 0) -> None:
        """The segment's snapshot, taken so many hours after the first."""
        async with self.site.writing:
            await self.site.app.write(errand.export, errand.rows, hours=hours)

    async def delete_snapshot(self, errand: Errand) -> None:
        """The partitions go, and model.json still lists them."""
        segments = self.site.app.deployment.segments
        async for blob in segments.list_blobs():
            if f"/{errand.export}/" in blob.name:
                await segments.delete_blob(blob.name)

    async def renew_key(self, errand: Errand) -> None:
        """The account gets another key, and the vault a new version of the secret; the old one is void."""
        deployment = self.site.app.deployment
        connection = json.loads(
            (await self.site.app.blobs(f"connections/{errand.connection}.json")).popitem()[1]
        )
        deployment.tenant.vault.secrets.set(connection["api_key_secret"], errand.sandbox.account.new_key())

    async def move_to_new_list(self, errand: Errand) -> None:
        """The export gets another list, so that all of its contacts go again."""
        list_id = errand.sandbox.add_list(f"{errand.export} again")
        await self.site.app.deployment.api.patch(
            f"exports/{errand.export}", {"segments": [{"name": errand.export}], "list_id": list_id}
        )
        moved = replace(errand, list_id=list_id, moved_after=len(await self.runs(errand)))
        self.errands[self.errands.index(errand)] = moved
        _opt_out(moved)
        self.excused += errand.sandbox.evidence()["batches_accepted"]

    async def start(self, errand: Errand) -> str:
        """Starts a run; its id. Asks again while the app is away: whoever comes second gets the same run."""
        async with asyncio.timeout(self.patience):
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    try:
                        return await self.site.app.start(errand.export)
                    except ApiError as error:
                        if error.status < 500:
                            raise
                await asyncio.sleep(0.5)

    async def runs(self, errand: Errand) -> list[str]:
        """The ids of all its runs, oldest first."""
        state, prefix = self.site.app.deployment.state, f"exports/{errand.export}/runs/"
        names = [name async for name in state.list_blob_names(name_starts_with=prefix)]
        return sorted((name.removeprefix(prefix) for name in names), reverse=True)

    async def run(self, errand: Errand) -> dict[str, Any]:
        """A run from its start to its end."""
        return await self.ended(await self.start(errand))

    async def until(
        self, run: str, predicate: Callable[[dict[str, Any]], bool], *, every: float | None = None
    ) -> dict[str, Any]:
        """The run's record as it lies in storage, as soon as the predicate holds. Raises TimeoutError."""
        record: dict[str, Any] = {}
        pause = every or max(1.0, len(self.errands) / _LOOKS_A_SECOND)
        try:
            async with asyncio.timeout(self.patience):
                while not (record := await self._record(run) or record) or not predicate(record):  # noqa: ASYNC110
                    await asyncio.sleep(pause)
        except TimeoutError as error:
            raise TimeoutError(f"run {run} is {record.get('state')} after {self.patience:g} s") from error
        return record

    async def waiting(self, run: str, seconds: float) -> dict[str, Any]:
        """The run's record once it waits for so long or longer."""
        return await self.until(run, lambda record: _seconds_left(record) > seconds)

    async def ended(self, run: str) -> dict[str, Any]:
        """The run's record once it is over."""
        return await self.until(run, lambda record: record["state"] in ENDED)

    async def delivering(self, errand: Errand, imports: int = 2) -> None:
        """Returns when the account has accepted so many imports."""
        accepted = errand.sandbox.account.evidence.accepted
        async with asyncio.timeout(self.patience):
            while len(accepted) < imports:  # noqa: ASYNC110 - the app is elsewhere
                await asyncio.sleep(0.05)

    def lift(self) -> None:
        """Takes the accounts' faults back, and notes what they are to be excused for."""
        for sandbox in self.accounts:
            faults = sandbox.account.faults
            self.struck += sum(fired for fault, fired in faults.all() if fault != SLOWLY)
            self.excused += sum(fired for fault, fired in faults.all() if _excuses(fault))
            faults.clear()

    async def _record(self, run: str) -> dict[str, Any] | None:
        """None while storage is away."""
        blob = self.site.app.deployment.state.get_blob_client(f"runs/{run}/run.json")
        try:
            return dict(json.loads(await (await blob.download_blob()).readall()))
        except AzureError:
            return None

    def _connection(self, sandbox: Sandbox) -> str:
        return f"{self.name}-{self.accounts.index(sandbox)}"


def _seconds_left(record: dict[str, Any]) -> float:
    wake_at = record["wake_at"]
    return (datetime.fromisoformat(wake_at) - datetime.now(UTC)).total_seconds() if wake_at else 0.0


def _opt_out(errand: Errand) -> None:
    for address in errand.opted_out:
        errand.sandbox.unsubscribe(address, errand.list_id)


def _excuses(fault: Fault) -> bool:
    """Whether what it strikes was accepted, or looked so, and has to go again."""
    lost = fault.kind in _LOSING or fault.when == "after"
    return fault.kind in _FAILING or lost
