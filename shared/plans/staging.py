"""Chunks on their way into the staged blob."""

from shared.exports.export import ExportContent
from shared.plans.blobs import BlockWriter
from shared.plans.chunks import Chunker, Kind, Planned, Staged, encode_chunk
from shared.plans.plan import ChunkIndex

KINDS: tuple[Kind, ...] = ("plain", "joiners", "doubtful")
"""In the order in which they are sent."""


class Staging:
    """Takes contacts by kind, writes what each request will carry; the index lists doubtful ones last."""

    def __init__(self, writer: BlockWriter, export: ExportContent) -> None:
        self._writer = writer
        self._excluded = {kind: not starts_automations(export, kind) for kind in KINDS}
        self._chunkers = {kind: Chunker(exclude_automations=self._excluded[kind]) for kind in KINDS}
        self._staged: list[Staged] = []

    async def add(self, kind: Kind, planned: list[Planned]) -> None:
        """Contacts of one kind, none of them larger than a request can carry."""
        for chunk in self._chunkers[kind].take(planned):
            await self._write(kind, chunk)

    async def finish(self) -> None:
        """No contact is to come."""
        for kind, chunker in self._chunkers.items():
            for chunk in chunker.rest():
                await self._write(kind, chunk)

    def index(self) -> ChunkIndex:
        """Where each chunk lies, in the order in which they are sent."""
        return ChunkIndex.of(sorted(self._staged, key=lambda staged: KINDS.index(staged.kind)))

    async def _write(self, kind: Kind, chunk: list[Planned]) -> None:
        body, sources = encode_chunk(chunk, exclude_automations=self._excluded[kind])
        self._staged.append(
            Staged(
                kind=kind,
                count=len(chunk),
                offset=self._writer.offset,
                body=len(body),
                sources=len(sources),
            )
        )
        await self._writer.write(b"%b\n%b\n" % (body, sources))


def starts_automations(export: ExportContent, kind: Kind) -> bool:
    """Whether a request of this kind may start automations for its contacts."""
    return export.automations == "always" or (export.automations == "joiners" and kind == "joiners")
