"""Explaining: before a run ends, those whose import failed are looked up in the account, up to 500."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.activecampaign.wire import decode_bulk_body, list_ids_of
from shared.errors import ActiveCampaignError, ConfigurationError, NotFound, RateLimited, Unavailable
from shared.plans.plan import Plan
from shared.runs.asking import Asked, asking
from shared.runs.chunk_blobs import ChunkReader
from shared.runs.deliveries import Deliveries
from shared.runs.explanations import Explanations
from shared.runs.looking_up import LookUp
from shared.runs.planning import need_connection
from shared.runs.record import Record
from shared.runs.services import RunServices
from shared.runs.signals import ENDS_SLICE
from shared.state.log_blobs import Log

_logger = logging.getLogger(__name__)

PATIENCE = 900.0
"""Seconds after its beginning when looking up ends: the run has done its work, and others may wait for it."""
_ATTEMPTS = 3
"""For one contact, while ActiveCampaign is busy or away."""

type Left = Iterable[tuple[int, list[int]]]


@dataclass(slots=True, kw_only=True)
class Explaining:
    """Asks in the run's turn and at the account's pace: 500 contacts, two requests each, take 5 minutes.

    It only reads, and notes each finding in a log, so that another slice goes on where one ended or died. No
    fault of ActiveCampaign keeps the run from ending: who was not looked up then has no reason.
    """

    services: RunServices
    record: Record
    plan: Plan
    deliveries: Deliveries
    """Complete: nothing is sent any more, and every outcome is known that will be."""
    deadline: float
    """When the slice has worked long enough, in epoch seconds."""
    _log: Log = field(init=False)
    _found: Explanations = field(init=False)

    async def explain(self) -> float | None:
        """Goes on; None when it is over, else the seconds after which another slice should go on."""
        if not self._may_ask or not self.deliveries.tally()["failed"]:
            return None
        self._log = self.services.records.explanations(self.plan.run)
        self._found = Explanations.folded(await self._log.read())
        left = list(self._found.left(self.deliveries, len(self.plan.chunks)))
        if self._found.over or not left:
            return None
        return await self._go_on(left)

    @property
    def _may_ask(self) -> bool:
        """Not where the run ends because ActiveCampaign cannot be asked any more."""
        ending = self.record.run.ending
        return ending is None or ending.confirms

    async def _go_on(self, left: Left) -> float | None:
        now = self.services.now().timestamp()
        if self._found.began_at is None:
            await self._note({"began": now})
        try:
            delay = await self._ask(left)
        except (ActiveCampaignError, ConfigurationError, NotFound) as error:
            _logger.warning("run %s: some failures stay without a reason: %s", self.plan.run, error)
            delay = PATIENCE
        if delay is None:
            return None
        if now + delay - (self._found.began_at or now) < PATIENCE:
            return delay
        await self._note({"over": True})
        return None

    async def _ask(self, left: Left) -> float | None:
        connection = await need_connection(self.services, self.record.run.connection)
        if connection.blocked or connection.account != self.plan.account:
            return PATIENCE
        async with asking(self.services, connection, self.record) as asked:
            if asked is None:
                return self.services.settings.wake_seconds
            return await self._look_up(asked, left)

    async def _look_up(self, asked: Asked, left: Left) -> float | None:
        look_up = LookUp(asked.account)
        chunks = ChunkReader(
            self.services.store, self.services.records.chunks_blob(self.plan.run), self.plan.chunks
        )
        for chunk, places in left:
            contacts = decode_bulk_body(await chunks.body(chunk))
            addresses = await chunks.addresses(chunk)
            for place in places:
                if asked.pause > ENDS_SLICE:
                    return asked.pause
                if time.time() >= self.deadline:
                    return 0.0
                reason = await _patiently(asked, look_up, addresses[place], list_ids_of(contacts[place]))
                if reason is None:
                    return asked.pause
                await self._note({"chunk": chunk, "reasons": {str(place): reason}})
        return None

    async def _note(self, line: dict[str, Any]) -> None:
        self.record.lease.check()
        for written in (*await self._log.append([line]), line):
            self._found.fold(written)


async def _patiently(asked: Asked, look_up: LookUp, address: str, lists: frozenset[int]) -> str | None:
    """The reason, None where the account wants a long wait; raises what the client raises for good, or too
    often.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await look_up.reason(address, lists)
        except (RateLimited, Unavailable):
            asked.pacer.pause(attempt)
            if asked.pause > ENDS_SLICE:
                return None
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")
