"""The two passes of a plan over its engines: sort every partition, then merge every bucket."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from itertools import batched
from typing import Protocol

from shared.plans.engine import MergedBucket, Sorted
from shared.plans.merge import Tally
from shared.plans.processes import Commands
from shared.plans.spill import BUCKETS, Extent, gathered
from shared.segments.snapshots import Partition, Snapshot

_SHARDS = 8
"""Runs of neighbouring buckets, each packed by one engine; always so many, so that any crew makes the
same plan."""

type TakeSorted = Callable[[Sorted], Awaitable[None]]
type TakeMerged = Callable[[int, MergedBucket], Awaitable[None]]
"""With the number of the shard; several shards come at once, each in its order."""


class Segments(Protocol):
    """The part of the segment store that a plan uses."""

    def ranges(self, partition: Partition) -> AsyncGenerator[bytes]: ...


async def sort(
    crew: Sequence[Commands], segments: Segments, snapshots: Sequence[Snapshot], take: TakeSorted
) -> list[list[Extent]]:
    """Every row of every partition, sorted; where the candidates of each bucket lie."""

    async def partition(run: Commands, segment: int, index: int) -> None:
        await _only(run("open", segment, index))
        async with aclosing(segments.ranges(snapshots[segment].partitions[index])) as ranges:
            async for data in ranges:
                await _each(run("feed", data), take)
        await _each(run("finish"), take)

    await _shared(
        crew,
        partition,
        [
            (segment, index)
            for segment, snapshot in enumerate(snapshots)
            for index in range(len(snapshot.partitions))
        ],
    )
    return gathered([await _only(run("extents")) for run in crew])


async def merge(crew: Sequence[Commands], extents: Sequence[list[Extent]], take: TakeMerged) -> None:
    """Every bucket, merged and packed."""

    async def shard(run: Commands, number: int, buckets: Sequence[int]) -> None:
        for bucket in buckets:
            ends_shard = bucket == buckets[-1]
            await take(number, await _only(run("merge", bucket, extents[bucket], ends_shard)))

    await _shared(crew, shard, enumerate(batched(range(BUCKETS), BUCKETS // _SHARDS, strict=True)))


async def tallied(crew: Sequence[Commands]) -> Tally:
    """How many addresses were what, over all engines."""
    tallies = [await _only(run("tally")) for run in crew]
    return Tally(**{name: sum(getattr(tally, name) for tally in tallies) for name in Tally.__slots__})


async def _shared[*Work](
    crew: Sequence[Commands],
    do: Callable[[Commands, *Work], Awaitable[None]],
    works: Iterable[tuple[*Work]],
) -> None:
    """Each engine takes the next piece of work when it is done with one. Raises the first error of any."""
    waiting = iter(works)

    async def run_some(run: Commands) -> None:
        for work in waiting:
            await do(run, *work)

    try:
        async with asyncio.TaskGroup() as group:
            for run in crew:
                group.create_task(run_some(run))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors


async def _each(results: AsyncIterator[Sorted], take: TakeSorted) -> None:
    async for result in results:
        await take(result)


async def _only[T](results: AsyncIterator[T]) -> T:
    (result,) = [found async for found in results]
    return result
