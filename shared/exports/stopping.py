"""Stopping the run of an export that must not go on."""

from contextlib import suppress
from dataclasses import dataclass

from shared.errors import Conflict
from shared.runs.services import RunServices
from shared.runs.starting import Starter


@dataclass(frozen=True, slots=True)
class Stopper:
    """Cancels what is under way, if anything is."""

    services: RunServices

    async def stop(self, export: str, by: str) -> None:
        """The run ends at its next chunk; what was sent stays sent. Doing it twice changes nothing."""
        run = await self.services.exports.active_run(export)
        found = await self.services.records.runs.get(run) if run else None
        if found is None:
            return
        with suppress(Conflict):  # It is over already.
            await Starter(self.services).cancel(found.value, by)
