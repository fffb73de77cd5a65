"""Whether this deployment can reach what it needs."""

from collections.abc import Awaitable

from pydantic import BaseModel

from shared.errors import SegmentExportError
from shared.keyvault import Vault
from shared.runs.services import RunServices


class Health(BaseModel):
    """ "ok", or what is wrong, for each thing the app needs."""

    healthy: bool
    state: str
    segments: str
    vault: str


async def check(services: RunServices, vault: Vault) -> Health:
    """Asks each once."""
    state = await _word(services.store.read("settings/schedule.json"))
    segments = await _word(services.segments.segments())
    secret = await _word(vault.secret(services.settings.ledger_key_secret))
    healthy = {state, segments, secret} == {"ok"}
    return Health(healthy=healthy, state=state, segments=segments, vault=secret)


async def _word(question: Awaitable[object]) -> str:
    try:
        await question
    except SegmentExportError as error:
        return str(error)
    return "ok"
