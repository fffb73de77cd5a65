"""Turns: one deliverer at a time for an account, the longest waiting next, pacing handed on.

`accounts/{account}` is leased by the deliverer and holds the pacing state; `accounts/{account}/turns/{run}`
marks a run that waits, and holds since when and the slice it looks again in. Waiters look again by
themselves; a mark that is not renewed is forgotten.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from shared.activecampaign.schedule import PacingState
from shared.errors import StateError
from shared.state.blobs import StateStore
from shared.state.lease_blobs import LeaseStore
from shared.state.leases import Lease, held

_LOOKS = 2
_FORGOTTEN_AFTER = 6
"""Times the waiting time; a waiter that has not looked for so long is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to deliver to an account."""

    lease: Lease
    pacing: PacingState | None
    """What the last deliverer saved, None for the first."""
    clean: bool
    """Whether the last deliverer ended properly, so that nothing was sent after it saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A run that waits, and the slice in which it looks again."""

    run: str
    slice: int


@dataclass(slots=True)
class Turns:
    """Turns of all accounts; `wake_seconds` is how often a waiter looks."""

    store: StateStore
    leases: LeaseStore
    lease_seconds: int
    wake_seconds: float
    clock: Callable[[], float]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @asynccontextmanager
    async def turn(self, account: str, run: str, following: int = 0) -> AsyncIterator[Turn | None]:
        """The account's turn while the block runs, or None where others come first.

        The run then looks again in the slice `following`. It has looked twice: whoever ended a turn before
        the mark was there has told nobody.
        """
        for _ in range(_LOOKS):
            longest = await self.longest_waiting(account)
            # Who is not next does not touch the lease, or the one who is would find it taken.
            is_next = longest is None or longest.run == run
            if is_next:
                async with held(self.leases, _account(account), self.lease_seconds, self.clock) as lease:
                    if lease:
                        if longest:
                            await self.leave(account, run)
                        yield await self._take(account, lease)
                        return
            await self._mark(account, run, following)
            if not is_next:
                break
        yield None

    async def _take(self, account: str, lease: Lease) -> Turn:
        pacing, clean = await self._pacing(account)
        if clean:
            await self.save(account, lease, pacing, clean=False)
        return Turn(lease=lease, pacing=pacing, clean=clean)

    async def save(self, account: str, lease: Lease, pacing: PacingState | None, *, clean: bool) -> None:
        """Keeps the pacing state for the next deliverer; `clean` when this one is done."""
        state = {"clean": clean, "pacing": asdict(pacing) if pacing else None}
        await self.store.put(_account(account), json.dumps(state).encode(), lease=lease.id)

    async def leave(self, account: str, run: str) -> None:
        """Takes back the mark of a run that needs no turn any more."""
        await self.store.delete(_mark(account, run))

    async def _pacing(self, account: str) -> tuple[PacingState | None, bool]:
        stored = await self.store.read(_account(account))
        state = json.loads(stored.data) if stored else {}
        if not state.get("pacing"):
            return None, bool(state.get("clean", True))
        return PacingState(**state["pacing"]), bool(state["clean"])

    async def _mark(self, account: str, run: str, following: int) -> None:
        """Renews this run's mark, which keeps the time of its first look."""
        name = _mark(account, run)
        stored = await self.store.read(name)
        since = stored.data.decode().partition(" ")[0] if stored else self.now().isoformat()
        try:
            await self.store.put(name, f"{since} {following}".encode())
        except StateError:
            return

    async def longest_waiting(self, account: str) -> Waiting | None:
        """The run that has waited longest of those that still look; None where nobody waits."""
        oldest = self.now() - timedelta(seconds=self.wake_seconds * _FORGOTTEN_AFTER)
        waiting: list[tuple[str, Waiting]] = []
        async for entry in self.store.entries(_mark(account, "")):
            if entry.modified < oldest:
                await self.store.delete(entry.name)
                continue
            if stored := await self.store.read(entry.name):
                since, _, following = stored.data.decode().partition(" ")
                run = entry.name.rpartition("/")[2]
                waiting.append((since, Waiting(run=run, slice=int(following or 0))))
        return min(waiting, key=lambda each: (each[0], each[1].run))[1] if waiting else None


def _account(account: str) -> str:
    return f"accounts/{account}"


def _mark(account: str, run: str) -> str:
    return f"accounts/{account}/turns/{run}"
