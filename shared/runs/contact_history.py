"""What became of one address: what the export's ledger and the suppressions say of it."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.contacts.addresses import HINTS, fault, normalise
from shared.exports.records import ledger_blob
from shared.plans.ledger import History, Ledger, Outcome
from shared.runs.services import RunServices
from shared.suppressions.suppressions import Suppressions

_WITHHELD = "it is sent again when something of it changes, by a retry, or by a full run"
_WHERE = "the reason is in that run's rejections, by primary key"
_WHY: dict[Outcome, str] = {
    "imported": "ActiveCampaign imported it; it is sent again when something of it changes, or by a full run",
    "failed": f"ActiveCampaign took it and could not import it; {_WHERE}; {_WITHHELD}",
    "refused": f"ActiveCampaign refused it; {_WHERE}; {_WITHHELD}",
}
_UNKNOWN = (
    "the ledger does not know it: it was in none of the segments, had no outcome yet, or was erased; the "
    "rejections of a run tell, by primary key, who was not sent"
)
_SUPPRESSED = "it is suppressed and is not sent"


class ContactQuery(BaseModel):
    """Whose fate is asked for."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(min_length=1, max_length=320, examples=["ann@example.com"])]


class ContactHistory(BaseModel):
    """What became of an address in this export; it is not repeated here."""

    export: str
    suppressed: bool
    """Whether it is never to be sent."""
    outcome: Outcome | None = None
    """What became of it when it was last sent; absent where no run has an outcome for it."""
    run: str | None = None
    """The run that sent it last."""
    at: datetime | None = None
    """When that run was planned."""
    under_way: str | None = None
    """The run of this export that is under way, and may change all this."""
    why: str
    """In words, with what would have it sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactHistories:
    """Looks addresses up; for each it reads the export's whole ledger."""

    services: RunServices
    suppressions: Suppressions

    async def of(self, export: str, address: str) -> ContactHistory:
        """The address in any spelling."""
        normalised = normalise(address)
        matcher = await self.suppressions.matcher()
        suppressed = matcher is not None and matcher(normalised)
        known = await self._known(export, normalised)
        return ContactHistory(
            export=export,
            suppressed=suppressed,
            outcome=known.outcome if known else None,
            run=known.run if known else None,
            at=datetime.fromisoformat(known.at) if known else None,
            under_way=await self.services.exports.active_run(export),
            why=_why(normalised, known, suppressed=suppressed),
        )

    async def _known(self, export: str, address: str) -> History | None:
        with tempfile.TemporaryDirectory(prefix="segment-export-") as folder:
            path = Path(folder) / "ledger.sqlite"
            if await self.services.store.download(ledger_blob(export), path) is None:
                return None
            with Ledger(path) as ledger:
                if ledger.key_version is None:
                    return None
                keys = await self.services.keys(ledger.key_version)
                return ledger.history(keys.digest(address))


def _why(address: str, known: History | None, *, suppressed: bool) -> str:
    if reason := fault(address):
        return f"it cannot be sent: {HINTS[reason]}"
    if suppressed:
        return f"{_SUPPRESSED}; before that, {_WHY[known.outcome]}" if known else _SUPPRESSED
    return _WHY[known.outcome] if known else _UNKNOWN
