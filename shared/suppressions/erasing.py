"""Erasing: a person's lines are taken out of every ledger, where their sealed address stands."""

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from shared.errors import StateConflict
from shared.plans.ledger import Ledger
from shared.state.blobs import StateStore
from shared.suppressions.hashes import ReadKeys

_LEDGERS = "ledger/"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """Reads every ledger once, and writes back those in which it found somebody.

    A run that commits to the same ledger at that moment repeats its commit, or makes this one look again.
    """

    store: StateStore
    keys: ReadKeys

    async def erase(self, addresses: Collection[str]) -> int:
        """The number of lines that are gone, over all ledgers; repeating it changes nothing.

        Suppress the addresses first, or a run under way enters them again. Raises StateConflict where others
        write a ledger all the time; what was erased until then stays so.
        """
        names = [entry.name async for entry in self.store.entries(_LEDGERS)]
        return sum([await self._erase(name, addresses) for name in names])

    async def _erase(self, name: str, addresses: Collection[str]) -> int:
        for _ in range(_ATTEMPTS):
            try:
                return await self._try(name, addresses)
            except StateConflict:
                continue
        raise StateConflict(f"{name} is written by others all the time; try again")

    async def _try(self, name: str, addresses: Collection[str]) -> int:
        with tempfile.TemporaryDirectory(prefix="segment-export-") as folder:
            path = Path(folder) / "ledger.sqlite"
            etag = await self.store.download(name, path)
            if etag is None:
                return 0
            with Ledger(path) as ledger:
                if ledger.key_version is None:
                    return 0
                keys = await self.keys(ledger.key_version)
                erased = ledger.forget(map(keys.digest, addresses))
            if erased:
                await self.store.upload(name, path, etag=etag)
            return erased
