"""Contacts packed into chunks, kind by kind, ready to be staged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.exports.export import Automations
from shared.plans.chunks import Chunker, Kind, Planned, encode_chunk

KINDS: tuple[Kind, ...] = ("plain", "joiners", "doubtful")
"""In the order in which they are sent."""

type ByKind = Mapping[Kind, list[Planned]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk as it is staged: body and sources as `encode_chunk` writes them."""

    kind: Kind
    count: int
    body: bytes
    sources: bytes


class Packer:
    """Takes contacts by kind, none of them larger than a request can carry, and gives what is complete."""

    def __init__(self, automations: Automations) -> None:
        self._excluded = {kind: not starts_automations(automations, kind) for kind in KINDS}
        self._chunkers = {kind: Chunker(exclude_automations=self._excluded[kind]) for kind in KINDS}

    def add(self, contacts: ByKind) -> Iterator[Chunk]:
        """The chunks that are complete with these contacts."""
        for kind, planned in contacts.items():
            for chunk in self._chunkers[kind].take(planned):
                yield self._chunk(kind, chunk)

    def kept(self) -> ByKind:
        """The contacts that are in no chunk yet, for another packer; this one begins anew."""
        return {kind: chunker.kept() for kind, chunker in self._chunkers.items()}

    def rest(self) -> Iterator[Chunk]:
        """The last chunks; no contact is to come."""
        for kind, chunker in self._chunkers.items():
            for chunk in chunker.rest():
                yield self._chunk(kind, chunk)

    def _chunk(self, kind: Kind, planned: list[Planned]) -> Chunk:
        body, sources = encode_chunk(planned, exclude_automations=self._excluded[kind])
        return Chunk(kind=kind, count=len(planned), body=body, sources=sources)


def starts_automations(automations: Automations, kind: Kind) -> bool:
    """Whether a request of this kind may start automations for its contacts."""
    return automations == "always" or (automations == "joiners" and kind == "joiners")
