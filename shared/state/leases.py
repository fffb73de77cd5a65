"""A renewed lease: who holds it may work, and stops in time when renewal fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from shared.errors import Fenced, SegmentExportError

RENEWALS_PER_LEASE = 3
SAFE_SHARE = 0.75
"""Of a lease's duration; after that long without a renewal its holder stops posting."""


class LeaseBlobs(Protocol):
    """The three calls a lease needs (Azure Storage REST API, Lease Blob)."""

    async def acquire(self, name: str, seconds: int) -> str | None: ...
    async def renew(self, name: str, lease: str) -> None: ...
    async def release(self, name: str, lease: str) -> None: ...


class Lease:
    """A lease that is held; `fresh` says whether the holder may still act on it."""

    def __init__(self, name: str, lease_id: str, seconds: int, clock: Callable[[], float]) -> None:
        self.name = name
        self.id = lease_id
        self._safe = seconds * SAFE_SHARE
        self._clock = clock
        self._renewed = clock()
        self._lost = False

    @property
    def fresh(self) -> bool:
        """Whether the last renewal is young enough, by the monotonic clock, that nobody else can hold it."""
        return not self._lost and self._clock() - self._renewed < self._safe

    def check(self) -> None:
        """Raises Fenced unless the lease is fresh."""
        if not self.fresh:
            raise Fenced(f"the lease on {self.name} was not renewed in time")

    async def keep(self, blobs: LeaseBlobs, pause: float) -> None:
        """Renews until cancelled; a refusal ends it for good, silence is tried again."""
        while not self._lost:
            await asyncio.sleep(pause)
            asked = self._clock()
            try:
                await blobs.renew(self.name, self.id)
                self._renewed = asked
            except Fenced:
                self._lost = True
            except SegmentExportError:
                continue


@asynccontextmanager
async def held(
    blobs: LeaseBlobs, name: str, seconds: int, clock: Callable[[], float]
) -> AsyncIterator[Lease | None]:
    """The lease on a blob while the block runs, or None where another worker holds it."""
    asked = clock()
    lease_id = await blobs.acquire(name, seconds)
    if lease_id is None:
        yield None
        return
    lease = Lease(name, lease_id, seconds, clock)
    lease._renewed = asked
    keeper = asyncio.create_task(lease.keep(blobs, seconds / RENEWALS_PER_LEASE))
    try:
        yield lease
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        with contextlib.suppress(SegmentExportError):
            await blobs.release(name, lease_id)
