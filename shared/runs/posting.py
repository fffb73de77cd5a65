"""Posting: the parts of a plan, one by one, and what each answer means for the rest."""

from dataclasses import dataclass

from shared import telemetry
from shared.activecampaign.model import Accepted
from shared.errors import ActiveCampaignError, ContactsRefused, RequestRefused
from shared.exports.export import ExportContent
from shared.plans.packing import starts_automations
from shared.plans.plan import ChunkIndex
from shared.runs.account import KeyedAccount
from shared.runs.chunk_blobs import ChunkReader
from shared.runs.deliveries import Deliveries, Part
from shared.runs.signals import Signals
from shared.runs.verdicts import for_import
from shared.runs.writing import LogWriter

MAX_REFUSED_IN_A_ROW = 5
"""Requests refused as a whole, with none accepted between them, after which the run ends; halvings in search
of one bad contact are not counted."""


@dataclass(slots=True)
class Poster:
    """Sends parts; several calls may run at once."""

    account: KeyedAccount
    deliveries: Deliveries
    chunks: ChunkReader
    index: ChunkIndex
    export: ExportContent
    log: LogWriter
    signals: Signals
    refused_in_a_row: int = 0

    async def post(self, part: Part) -> None:
        """Sends one part; whatever happens short of a crash, its contacts are logged or given back.

        Raises what ends the run: AccessDenied, WrongAddress, ListNotFound, RequestRefused.
        """
        body = await self._body(part)
        try:
            accepted = await self.account.call(
                lambda client: client.import_contacts(body, len(part.contacts))
            )
        except ActiveCampaignError as error:
            await self._follow(part, error)
        else:
            self.signals.answered()
            await self._accept(part, accepted)

    async def _follow(self, part: Part, error: ActiveCampaignError) -> None:
        verdict = for_import(error)
        if verdict == "raise":
            raise error
        if verdict == "wait":
            telemetry.retried(error)
            self.deliveries.give_back(part)
            self.signals.wait(error)
            return
        self.signals.answered()
        match verdict:
            case "drop":
                await self._drop(part, error)
            case "halve_large":
                await self._halve(part, "contact_too_large")
            case "halve_refused":
                await self._halve_refused(part)

    async def _accept(self, part: Part, accepted: Accepted) -> None:
        self.refused_in_a_row = 0
        if part.replaces:
            telemetry.sent_again()
        await self.log.write(self.deliveries.accepted_line(part, accepted.batch_id, self.signals.now()))

    async def _drop(self, part: Part, error: ActiveCampaignError) -> None:
        """Without the refused contacts the others pass; where none is named, the halves tell."""
        named = error.reasons if isinstance(error, ContactsRefused) else {}
        reasons = {part.contacts[at]: reason for at, reason in named.items()}
        if not reasons:
            await self._halve(part, "refused")
            return
        refused = {str(place): f"refused: {reason}" for place, reason in reasons.items()}
        await self.log.write({"chunk": part.chunk, "refused": refused})
        self.deliveries.give_back(part.without(reasons))

    async def _halve_refused(self, part: Part) -> None:
        self.refused_in_a_row += 1
        halvings = self.index[part.chunk].count.bit_length() - len(part.contacts).bit_length()
        if self.refused_in_a_row > MAX_REFUSED_IN_A_ROW + halvings:
            raise RequestRefused(
                "ActiveCampaign refuses every import of this run and names no contact; nothing more is sent. "
                "Check the export's list, tags and custom fields"
            )
        await self._halve(part, "refused")

    async def _halve(self, part: Part, reason: str) -> None:
        if len(part.contacts) > 1:
            self.deliveries.give_back(*part.halves())
            return
        await self.log.write({"chunk": part.chunk, "refused": {str(part.contacts[0]): reason}})

    async def _body(self, part: Part) -> bytes:
        staged = self.index[part.chunk]
        if len(part.contacts) == staged.count:
            return await self.chunks.body(part.chunk)
        return await self.chunks.partial_body(
            part.chunk,
            part.contacts,
            exclude_automations=not starts_automations(self.export.automations, staged.kind),
        )
