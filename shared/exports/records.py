"""Where the documents of exports lie in the state container."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import batched

from shared.errors import NotFound, StateConflict
from shared.exports.export import Export, ExportState
from shared.state.blobs import StateStore
from shared.state.documents import Documents, Versioned

_ATTEMPTS = 5
_AT_ONCE = 16


def ledger_blob(export: str) -> str:
    """Where an export's ledger lies."""
    return f"ledger/{export}"


@dataclass(frozen=True, slots=True)
class Exports:
    """Configurations, what the program notes beside them, and which run is under way."""

    store: StateStore

    @property
    def documents(self) -> Documents[Export]:
        return Documents(self.store, Export, lambda export: f"exports/{export}.json")

    async def get(self, export: str) -> Versioned[Export]:
        """Raises NotFound."""
        found = await self.documents.get(export)
        if found is None:
            raise NotFound(f"no export has the id {export!r}; GET /api/exports lists them")
        return found

    async def all(self) -> AsyncIterator[Versioned[Export]]:
        """All exports, by id."""
        entries = [entry async for entry in self.store.children("exports/")]
        ids = [entry.name.removeprefix("exports/").removesuffix(".json") for entry in entries]
        for some in batched(ids, _AT_ONCE, strict=False):
            for found in await asyncio.gather(*map(self.documents.get, some)):
                if found:
                    yield found

    async def state(self, export: str) -> ExportState:
        """What the program notes; empty before the first run."""
        found = await self._states.get(export)
        return found.value if found else ExportState()

    async def note(self, export: str, **changes: object) -> None:
        """Changes single notes; repeating it changes nothing."""
        for _ in range(_ATTEMPTS):
            found = await self._states.get(export)
            try:
                if found is None:
                    await self._states.create(export, ExportState().model_copy(update=changes))
                else:
                    changed = found.value.model_copy(update=changes)
                    await self._states.replace(export, changed, etag=found.etag)
                return
            except StateConflict:
                continue
        raise StateConflict(f"the notes of export {export} are written by others all the time")

    async def forget(self, export: str) -> None:
        """Removes notes and ledger; its runs stay in the history."""
        await self._states.delete(export)
        await self.store.delete(ledger_blob(export))

    async def active_run(self, export: str) -> str | None:
        """The id of the run under way."""
        stored = await self.store.read(self._active(export))
        return stored.data.decode() if stored else None

    async def claim(self, export: str, run: str, *, instead_of: str | None = None) -> bool:
        """Makes this run the one under way; False where another is."""
        stored = await self.store.read(self._active(export))
        active = stored.data.decode() if stored else None
        try:
            if stored is None:
                await self.store.create(self._active(export), run.encode())
            elif active == instead_of:
                await self.store.replace(self._active(export), run.encode(), etag=stored.etag)
            else:
                return active == run
        except StateConflict:
            return await self.active_run(export) == run
        return True

    async def release(self, export: str, run: str) -> None:
        """Nothing is under way any more, if this run was."""
        stored = await self.store.read(self._active(export))
        if stored and stored.data.decode() == run:
            try:
                await self.store.delete(self._active(export), etag=stored.etag)
            except StateConflict:
                return

    async def actives(self) -> AsyncIterator[tuple[str, str]]:
        """Export and run of every run under way."""
        async for entry in self.store.entries("active/"):
            export = entry.name.removeprefix("active/")
            if run := await self.active_run(export):
                yield export, run

    @property
    def _states(self) -> Documents[ExportState]:
        return Documents(self.store, ExportState, lambda export: f"exports/{export}/state.json")

    @staticmethod
    def _active(export: str) -> str:
        return f"active/{export}"
