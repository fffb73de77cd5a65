"""Stopping what runs over a connection."""

from contextlib import suppress

from shared.errors import Conflict
from shared.runs.services import RunServices
from shared.runs.starting import Starter


async def stop_runs(services: RunServices, connection: str, by: str) -> None:
    """Cancels every run under way over the connection: it stops at its next chunk and commits."""
    async for _, run in services.exports.actives():
        found = await services.records.runs.get(run)
        if found is None or found.value.connection != connection:
            continue
        with suppress(Conflict):  # It has ended meanwhile.
            await Starter(services).cancel(found.value, by)
