"""Suppressions: addresses that are never to be sent, kept as keyed hashes in the blob `suppressions`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from shared.errors import StateConflict
from shared.state.blobs import StateStore
from shared.state.documents import Documents, Versioned
from shared.suppressions.document import Hashings, SuppressionList
from shared.suppressions.hashes import Matcher, ReadKeys

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """How many addresses a change concerned, and how many are suppressed after it."""

    count: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressions:
    """Adds, removes and matches normalised addresses.

    Raises StateConflict where others write all the time, and ConfigurationError where a version of the key is
    no longer to be had: then nobody can tell who is suppressed, and nothing may be planned.
    """

    store: StateStore
    keys: ReadKeys
    now: Callable[[], datetime]

    async def add(self, addresses: Collection[str]) -> Changed:
        """Suppresses them under the newest key; those that are suppressed already stay as they are."""
        version = (await self.keys(None)).version
        return await self._change(
            lambda found, hashings: found.added(addresses, version, hashings, self.now()), version
        )

    async def remove(self, addresses: Collection[str]) -> Changed:
        """Lets them be sent again."""
        return await self._change(lambda found, hashings: found.removed(addresses, hashings))

    async def matcher(self) -> Matcher | None:
        """Whether a normalised address is suppressed; None where none is.

        It knows what was suppressed when it was made, and can be sent to another process.
        """
        found = (await self._read()).value
        return found.matcher(await self._hashings(found))

    async def added_since(self, moment: datetime) -> bool:
        """Whether an address was added after this moment."""
        added_at = (await self._read()).value.added_at
        return added_at is not None and added_at > moment

    async def _change(
        self, change: Callable[[SuppressionList, Hashings], SuppressionList], *versions: str
    ) -> Changed:
        for _ in range(_ATTEMPTS):
            found = await self._read()
            before = found.value
            after = change(before, await self._hashings(before, *versions))
            try:
                if after != before:
                    await self._write(after, found.etag)
            except StateConflict:
                continue
            return Changed(count=abs(after.total - before.total), total=after.total)
        raise StateConflict("the suppressions are changed by others all the time; try again")

    async def _hashings(self, document: SuppressionList, *versions: str) -> Hashings:
        return {version: (await self.keys(version)).hashing for version in (*document.versions, *versions)}

    async def _read(self) -> Versioned[SuppressionList]:
        return await self._documents.get("") or Versioned(value=SuppressionList(), etag="")

    async def _write(self, document: SuppressionList, etag: str) -> None:
        if etag:
            await self._documents.replace("", document, etag=etag)
        else:
            await self._documents.create("", document)

    @property
    def _documents(self) -> Documents[SuppressionList]:
        return Documents(self.store, SuppressionList, lambda _: "suppressions")
