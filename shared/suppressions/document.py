"""The stored document of suppressions: hashes by the version of the key that made them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from shared.plans.keys import Hashing
from shared.suppressions.hashes import Hashed, HashSet, Matcher, any_of

type Hashings = Mapping[str, Hashing]
"""How each version of the key hashes."""


class SuppressionList(BaseModel):
    """A set for each version of the key under which addresses were added.

    Hashes cannot be made anew without the addresses. So an old set stays when the secret is rotated, and its
    version of the secret must stay in the vault.
    """

    sets: list[HashSet] = []
    added_at: datetime | None = None
    """When an address was last added; a plan made before does not know it."""

    @property
    def versions(self) -> list[str]:
        """The versions of the key that are needed to read it."""
        return [hashes.key_version for hashes in self.sets]

    @property
    def total(self) -> int:
        """How many addresses are suppressed."""
        return sum(len(hashes.unpacked()) for hashes in self.sets)

    def matcher(self, hashings: Hashings) -> Matcher | None:
        """Whether an address is suppressed; None where none is."""
        return any_of(
            *(Hashed(hashings[hashes.key_version], frozenset(hashes.unpacked())) for hashes in self.sets)
        )

    def added(self, addresses: Iterable[str], version: str, hashings: Hashings, at: datetime) -> Self:
        """With those addresses that are not in it yet, hashed by this version."""
        known = self.matcher(hashings)
        new = [address for address in addresses if known is None or not known(address)]
        if not new:
            return self
        others = [hashes for hashes in self.sets if hashes.key_version != version]
        own = {digest for hashes in self.sets if hashes not in others for digest in hashes.unpacked()}
        own.update(map(hashings[version].digest, new))
        return self.model_copy(update={"sets": [*others, HashSet.of(version, own)], "added_at": at})

    def removed(self, addresses: Iterable[str], hashings: Hashings) -> Self:
        """Without these addresses, whichever version hashed them."""
        gone, left = set(addresses), list[HashSet]()
        for hashes in self.sets:
            digests = hashes.unpacked() - set(map(hashings[hashes.key_version].digest, gone))
            if digests:
                left.append(HashSet.of(hashes.key_version, digests))
        return self.model_copy(update={"sets": left})
