import asyncio
from contextlib import nullcontext

import pytest

from shared.errors import ConfigurationError, Fenced, SegmentExportError, StateUnavailable
from shared.state.leases import Lease, held
from tests.unit.activecampaign.fake_time import clock, run

SECONDS = 60


class Blobs:
    """A blob's lease, in memory; `refusals` are raised by renewals, one each, None being a success."""

    def __init__(self, *refusals: SegmentExportError | None, taken: bool = False) -> None:
        self.refusals = list(refusals)
        self.taken = taken
        self.renewals: list[float] = []
        self.released: list[str] = []
        self.slowness = 0.0
        self.release_error: SegmentExportError | None = None

    async def acquire(self, name: str, seconds: int) -> str | None:
        await asyncio.sleep(self.slowness)
        return None if self.taken else "lease-1"

    async def renew(self, name: str, lease: str) -> None:
        self.renewals.append(clock())
        await asyncio.sleep(self.slowness)
        if self.refusals and (refusal := self.refusals.pop(0)):
            raise refusal

    async def release(self, name: str, lease: str) -> None:
        self.released.append(lease)
        if self.release_error:
            raise self.release_error


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_lease_is_fresh_for_three_quarters_of_its_duration() -> None:
    time = Clock()
    lease = Lease("blob", "1", SECONDS, time)

    time.now = 44.9
    lease.check()
    time.now = 45

    assert not lease.fresh
    with pytest.raises(Fenced, match="not renewed in time"):
        lease.check()


def test_a_lease_is_renewed_three_times_in_its_duration_and_stays_fresh() -> None:
    async def main() -> tuple[list[float], bool, float]:
        blobs, start = Blobs(), clock()
        async with held(blobs, "blob", SECONDS, clock) as lease:
            await asyncio.sleep(200)
            assert lease is not None
            return [moment - start for moment in blobs.renewals], lease.fresh, clock() - start

    renewals, fresh, lasted = run(main())

    assert renewals == [20, 40, 60, 80, 100, 120, 140, 160, 180]
    assert fresh
    assert lasted == 200


def test_freshness_counts_from_the_asking_not_from_the_answer() -> None:
    async def main() -> tuple[bool, bool]:
        blobs = Blobs()
        blobs.slowness = 30
        async with held(blobs, "blob", SECONDS, clock) as lease:
            assert lease is not None
            await asyncio.sleep(14)
            before = lease.fresh
            await asyncio.sleep(2)
            return before, lease.fresh

    assert run(main()) == (True, False)


@pytest.mark.parametrize(
    "silence", [StateUnavailable("storage does not answer"), ConfigurationError("a role is missing")]
)
def test_a_renewal_that_fails_is_tried_again(silence: SegmentExportError) -> None:
    async def main() -> tuple[bool, bool]:
        async with held(Blobs(silence, None), "blob", SECONDS, clock) as lease:
            assert lease is not None
            await asyncio.sleep(39)
            before = lease.fresh
            await asyncio.sleep(30)
            return before, lease.fresh

    assert run(main()) == (True, True)


def test_a_lease_that_cannot_be_renewed_is_not_fresh_long_before_another_can_have_it() -> None:
    async def main() -> list[bool]:
        silent = [StateUnavailable("storage does not answer") for _ in range(9)]
        async with held(Blobs(*silent), "blob", SECONDS, clock) as lease:
            assert lease is not None
            return [await seen(lease, 44), await seen(lease, 2), await seen(lease, 100)]

    async def seen(lease: Lease, pause: float) -> bool:
        await asyncio.sleep(pause)
        return lease.fresh

    assert run(main()) == [True, False, False]


def test_a_lease_that_another_has_taken_is_lost_for_good() -> None:
    async def main() -> tuple[bool, int]:
        blobs = Blobs(Fenced("another worker has it"))
        async with held(blobs, "blob", SECONDS, clock) as lease:
            assert lease is not None
            await asyncio.sleep(100)
            return lease.fresh, len(blobs.renewals)

    assert run(main()) == (False, 1)


def test_nobody_waits_for_a_lease_that_is_taken() -> None:
    async def main() -> tuple[Lease | None, Blobs]:
        blobs = Blobs(taken=True)
        async with held(blobs, "blob", SECONDS, clock) as lease:
            await asyncio.sleep(100)
            return lease, blobs

    lease, blobs = run(main())

    assert lease is None
    assert (blobs.renewals, blobs.released) == ([], [])


@pytest.mark.parametrize("fails", [False, True])
def test_a_lease_is_released_however_the_work_ends(fails: bool) -> None:
    blobs = Blobs()

    async def main() -> None:
        async with held(blobs, "blob", SECONDS, clock):
            if fails:
                raise KeyError("work")

    with pytest.raises(KeyError) if fails else nullcontext():
        run(main())

    assert blobs.released == ["lease-1"]


@pytest.mark.parametrize("error", [Fenced("lost"), StateUnavailable("silent"), ConfigurationError("no role")])
def test_a_release_that_fails_does_not_hide_how_the_work_ended(error: SegmentExportError) -> None:
    blobs = Blobs()
    blobs.release_error = error

    async def main() -> None:
        async with held(blobs, "blob", SECONDS, clock):
            raise KeyError("work")

    with pytest.raises(KeyError, match="work"):
        run(main())
