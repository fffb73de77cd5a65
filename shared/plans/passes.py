"""The two passes of a plan over its engines: sort every partition, then merge every bucket."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Protocol

from shared.plans.engine import MergedBucket, Sorted
from shared.plans.merge import Tally
from shared.plans.processes import Commands
from shared.plans.spill import BUCKETS, Spill
from shared.segments.snapshots import Partition, Snapshot

type Take = Callable[[Sorted], Awaitable[None]]


class Segments(Protocol):
    """The part of the segment store that a plan uses."""

    def ranges(self, partition: Partition) -> AsyncGenerator[bytes]: ...


async def sort(
    crew: Sequence[Commands], segments: Segments, snapshots: Sequence[Snapshot], take: Take
) -> None:
    """Every row of every partition, sorted; each engine takes the next partition when it is done with one."""
    partitions = iter(
        [
            (segment, index, partition)
            for segment, snapshot in enumerate(snapshots)
            for index, partition in enumerate(snapshot.partitions)
        ]
    )
    try:
        async with asyncio.TaskGroup() as group:
            for run in crew:
                group.create_task(_sort(run, segments, partitions, take))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors


async def _sort(
    run: Commands, segments: Segments, partitions: Iterator[tuple[int, int, Partition]], take: Take
) -> None:
    for segment, index, partition in partitions:
        await _only(run("open", segment, index))
        async with aclosing(segments.ranges(partition)) as ranges:
            async for data in ranges:
                await _each(run("feed", data), take)
        await _each(run("finish"), take)


async def merge(crew: Sequence[Commands], spill: Spill) -> AsyncGenerator[MergedBucket]:
    """Every bucket, merged, in their order; each engine is given the next before its last is asked for."""
    coming: deque[asyncio.Task[MergedBucket]] = deque()
    try:
        for number in range(BUCKETS):
            run = crew[number % len(crew)]
            coming.append(asyncio.create_task(_only(run("merge", number, spill.bucket(number)))))
            if len(coming) > len(crew):
                yield await coming.popleft()
        while coming:
            yield await coming.popleft()
    finally:
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)


async def tallied(crew: Sequence[Commands]) -> Tally:
    """How many addresses were what, over all engines."""
    tallies = [await _only(run("tally")) for run in crew]
    return Tally(**{name: sum(getattr(tally, name) for tally in tallies) for name in Tally.__slots__})


async def _each(results: AsyncIterator[Sorted], take: Take) -> None:
    async for result in results:
        await take(result)


async def _only[T](results: AsyncIterator[T]) -> T:
    (result,) = [found async for found in results]
    return result
