"""Keyed hashes of addresses: kept in place of the addresses, and asked whether an address is among them."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, Self

from pydantic import BaseModel

from shared.plans.keys import DIGEST_BYTES, Hashing, LedgerKeys

type Matcher = Callable[[str], bool]
"""Takes a normalised address."""


class ReadKeys(Protocol):
    """The ledger keys of a version of the vault's secret, None for the newest."""

    async def __call__(self, version: str | None) -> LedgerKeys: ...


class HashSet(BaseModel):
    """Hashes that were made with one version of the key."""

    key_version: str
    digests: str
    """All of them, 16 bytes each, sorted, in base64."""

    @classmethod
    def of(cls, key_version: str, digests: Iterable[bytes]) -> Self:
        """The set of these hashes."""
        packed = base64.b64encode(b"".join(sorted(set(digests)))).decode()
        return cls(key_version=key_version, digests=packed)

    def unpacked(self) -> set[bytes]:
        """The single hashes."""
        packed = base64.b64decode(self.digests)
        return {packed[at : at + DIGEST_BYTES] for at in range(0, len(packed), DIGEST_BYTES)}


@dataclass(frozen=True, slots=True)
class Hashed:
    """Whether the hash of an address is among those of one key; about 100 bytes of memory for each."""

    hashing: Hashing
    digests: frozenset[bytes] = field(repr=False)

    def __call__(self, address: str) -> bool:
        return self.hashing.digest(address) in self.digests


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Whether any of these says so."""

    matchers: tuple[Matcher, ...]

    def __call__(self, address: str) -> bool:
        return any(matcher(address) for matcher in self.matchers)


def any_of(*matchers: Matcher | None) -> Matcher | None:
    """One matcher for all; None without any. It can be sent to another process if they can."""
    present = tuple(matcher for matcher in matchers if matcher is not None)
    return AnyOf(present) if len(present) > 1 else next(iter(present), None)
