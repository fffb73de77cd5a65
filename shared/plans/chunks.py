"""Chunks: what one request carries, by count and by encoded bytes."""

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.activecampaign.wire import MAX_BODY_BYTES, MAX_CONTACTS, bulk_body, bulk_overhead
from shared.plans.keys import DIGEST_BYTES

Kind = Literal["plain", "joiners", "doubtful"]
"""`joiners` may start automations; `doubtful` addresses are sent last and by themselves, so that a refusal of
one delays nobody else."""


Origin = tuple[int, int, int, str]
"""The row a contact was made of: segment's index, partition's index, row, primary key."""

_FASTEST = 1
"""Of zlib's levels: bodies repeat themselves so much that it finds nearly all that the others find."""

Planned = tuple[bytes, bytes, bytes, Origin]
"""A contact to be sent: its JSON, the hash of that for the ledger, its address's digest, and its origin."""


class Source(NamedTuple):
    """Where a contact of a chunk came from."""

    digest: bytes
    content: bytes
    segment: int
    partition: int
    row: int
    primary_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Where a chunk lies in the staged data: its body, compressed, then its sources; in bytes."""

    kind: Kind
    count: int
    offset: int
    body: int
    sources: int


def room(*, exclude_automations: bool) -> int:
    """The largest contact, in bytes, that a request with nothing else can carry."""
    return MAX_BODY_BYTES - bulk_overhead(1, exclude_automations=exclude_automations)


class Chunker:
    """Collects contacts of one kind into chunks within both of ActiveCampaign's caps.

    A chunk of exactly one contact falls under a five times lower limit, so the last one is never left alone
    while another can share.
    """

    def __init__(self, *, exclude_automations: bool) -> None:
        self._room = room(exclude_automations=exclude_automations)
        self._open: list[Planned] = []
        self._bytes = 0
        self._full: list[Planned] | None = None

    def take(self, contacts: list[Planned]) -> Iterator[list[Planned]]:
        """Takes contacts, none of them larger than `room`; gives the chunks that are complete."""
        for planned in contacts:
            size = len(planned[0]) + 1
            if len(self._open) == MAX_CONTACTS or self._bytes + size > self._room + 1:
                if self._full:
                    yield self._full
                self._full, self._open, self._bytes = self._open, [], 0
            self._open.append(planned)
            self._bytes += size

    def rest(self) -> Iterator[list[Planned]]:
        """What is left, once no contact is to come."""
        full, last = self._full, self._open
        self._full, self._open, self._bytes = None, [], 0
        if full and len(last) == 1 and len(full) > 2 and self._shares(full[-1], last[0]):
            last.insert(0, full.pop())
        if full:
            yield full
        if last:
            yield last

    def kept(self) -> list[Planned]:
        """What was taken and is in no chunk yet; the chunker is empty then."""
        kept = [*(self._full or ()), *self._open]
        self._full, self._open, self._bytes = None, [], 0
        return kept

    def _shares(self, one: Planned, other: Planned) -> bool:
        return len(one[0]) + len(other[0]) + 1 <= self._room


def encode_chunk(chunk: list[Planned], *, exclude_automations: bool) -> tuple[bytes, bytes]:
    """The exact request body, compressed, and, for our own use, the sources of its contacts as JSON."""
    contacts, contents, digests, origins = zip(*chunk, strict=True)
    body = bulk_body(contacts, exclude_automations=exclude_automations)
    sources = {
        "digests": base64.b64encode(b"".join(digests)).decode(),
        "contents": base64.b64encode(b"".join(contents)).decode(),
        "rows": origins,
    }
    return zlib.compress(body, _FASTEST), json.dumps(sources, separators=(",", ":")).encode()


def decode_body(data: bytes) -> bytes:
    """The request body that `encode_chunk` compressed."""
    return zlib.decompress(data)


def decode_sources(data: bytes) -> list[Source]:
    """The sources that `encode_chunk` wrote, in the order of the body's contacts."""
    sources = json.loads(data)
    digests = base64.b64decode(sources["digests"])
    contents = base64.b64decode(sources["contents"])
    places = range(0, len(digests), DIGEST_BYTES)
    return [
        Source(digests[at : at + DIGEST_BYTES], contents[at : at + DIGEST_BYTES], *row)
        for at, row in zip(places, sources["rows"], strict=True)
    ]
