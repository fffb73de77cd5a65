"""Chunks on their way into the staged blob."""

from collections.abc import Iterable

from shared.exports.export import Automations
from shared.plans.blobs import BlockWriter
from shared.plans.chunks import Staged
from shared.plans.packing import KINDS, ByKind, Chunk, Packer
from shared.plans.plan import ChunkIndex


class Staging:
    """Writes chunks as they come, shard by shard or several shards at once, and says where each lies.

    What is left of each shard makes the last chunks, so that only the very last of a kind is not full. The
    order in which chunks are sent depends on their shards, and not on who was done first.
    """

    def __init__(self, writer: BlockWriter, automations: Automations) -> None:
        self._writer = writer
        self._last = Packer(automations)
        self._left: dict[int, ByKind] = {}
        self._staged: dict[int, list[Staged]] = {}

    async def add(self, shard: int, chunks: Iterable[Chunk], left: ByKind | None = None) -> None:
        """Chunks of a shard, in their order; at its end, what it has left."""
        if left:
            self._left[shard] = left
        staged = self._staged.setdefault(shard, [])
        for chunk in chunks:
            offset = await self._writer.write(b"%b\n%b\n" % (chunk.body, chunk.sources))
            staged.append(
                Staged(
                    kind=chunk.kind,
                    count=chunk.count,
                    offset=offset,
                    body=len(chunk.body),
                    sources=len(chunk.sources),
                )
            )

    async def finish(self) -> ChunkIndex:
        """No chunk is to come. Where each lies, in the order in which they are sent: doubtful ones last."""
        behind = max(self._left, default=0) + 1
        for shard in sorted(self._left):
            await self.add(behind, self._last.add(self._left[shard]))
        await self.add(behind, self._last.rest())
        staged = [chunk for shard in sorted(self._staged) for chunk in self._staged[shard]]
        return ChunkIndex.of(sorted(staged, key=lambda chunk: KINDS.index(chunk.kind)))
