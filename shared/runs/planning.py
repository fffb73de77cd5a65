"""The planning step: from a queued run to a plan that is delivered, held or merely shown."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from shared.activecampaign.schedule import Limits
from shared.connections.connection import Connection
from shared.errors import NotFound, SnapshotChanged
from shared.exports.export import Export, ExportContent
from shared.exports.records import ledger_blob
from shared.plans.destination import Destination
from shared.plans.keys import LedgerKeys
from shared.plans.ledger import Ledger
from shared.plans.plan import Plan
from shared.plans.planner import Order, Planner
from shared.runs.run import Run
from shared.runs.services import RunServices
from shared.segments.snapshots import Snapshot
from shared.suppressions.hashes import Matcher, any_of
from shared.suppressions.suppressions import Suppressions

_PIN_ATTEMPTS = 5


class Newest(Protocol):
    """The part of the segment store that pinning uses."""

    async def newest_snapshot(self, segment: str) -> Snapshot: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Makes the plan of one run."""

    services: RunServices
    still_ours: Callable[[], None]
    snapshots: tuple[Snapshot, ...]
    """Pinned, in the export's order."""
    destination: Destination
    opted_out: Matcher | None = None
    """Whether an address opted out of a list that the export honours."""

    async def plan(self, run: Run, export: Export, connection: Connection) -> Plan:
        """The plan, written and final; raises what keeps the run from being planned."""
        state = await self.services.exports.state(export.id)
        # A retry sends what did not arrive, however long the last full run is ago.
        full = run.full or (run.trigger != "retry" and self._full_is_due(export, state.last_full_at))
        order = Order(
            run=run.id,
            export=export,
            account=connection.account,
            snapshots=self.snapshots,
            destination=self.destination,
            limits=limits(self.services, connection),
            full=full,
            resend_withheld=run.trigger == "retry",
            previous_contacts=state.contacts,
            now=self.services.now(),
        )
        plan = await self._make(order, export.id)
        await self._write(plan)
        return plan

    async def _make(self, order: Order, export: str) -> Plan:
        services = self.services
        with tempfile.TemporaryDirectory(prefix="segment-export-") as folder:
            path = Path(folder) / "ledger.sqlite"
            await services.store.download(ledger_blob(export), path)
            with Ledger(path) as ledger:
                keys = await self._keys(order, ledger)
                planner = Planner(
                    order=order,
                    segments=services.segments,
                    store=services.store,
                    keys=keys,
                    ledger=ledger,
                    still_ours=self.still_ours,
                    suppressed=any_of(await self._suppressed(), self.opted_out),
                    processes=services.settings.plan_processes,
                )
                return await planner.plan(
                    services.records.chunks_blob(order.run),
                    services.records.planned_rejections_blob(order.run),
                )

    async def _keys(self, order: Order, ledger: Ledger) -> LedgerKeys:
        """Those the ledger was kept with; a full run takes the newest, and knows its addresses by them."""
        kept = ledger.key_version
        keys = await self.services.keys(None if order.full else kept)
        if kept not in (None, keys.version):
            ledger.rekey(await self.services.keys(kept), keys)
        return keys

    async def _suppressed(self) -> Matcher | None:
        services = self.services
        return await Suppressions(store=services.store, keys=services.keys, now=services.now).matcher()

    async def _write(self, plan: Plan) -> None:
        self.still_ours()
        await self.services.records.plans.put(plan.run, plan)

    def _full_is_due(self, export: Export, last: datetime | None) -> bool:
        if export.full_every_days is None:
            return False
        return last is None or self.services.now() - last >= timedelta(days=export.full_every_days)


async def pin(segments: Newest, export: ExportContent) -> tuple[Snapshot, ...]:
    """The newest complete snapshot of each segment, in the export's order; raises SegmentError.

    All segments share one model.json, which may be written for another one while it is read here.
    """
    for _ in range(_PIN_ATTEMPTS - 1):
        with suppress(SnapshotChanged):
            return await _pinned(segments, export)
    return await _pinned(segments, export)


async def _pinned(segments: Newest, export: ExportContent) -> tuple[Snapshot, ...]:
    return tuple([await segments.newest_snapshot(segment.name) for segment in export.segments])


def limits(services: RunServices, connection: Connection) -> Limits:
    """The limits of the account as set, lowered by the connection's own."""
    settings, own = services.settings, connection.limits
    share = own.bulk_per_minute / 100 if own else 1.0
    return Limits(
        bulk_per_minute=settings.bulk_per_minute * share,
        single_per_minute=settings.single_per_minute * share,
        requests_per_second=settings.requests_per_second * (own.requests_per_second / 5 if own else 1.0),
    )


async def need_connection(services: RunServices, connection: str | None) -> Connection:
    """Raises NotFound."""
    if connection is None:
        raise NotFound("the export has no connection; attach one")
    found = await services.connections.get(connection)
    if found is None:
        raise NotFound(f"no connection has the id {connection!r}; GET /api/connections lists them")
    return found.value
