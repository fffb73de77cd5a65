"""The commit: ledger, report and notes, then everything that was only needed on the way is removed."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.contacts.rejections import Rejection, Stage
from shared.exports.records import ledger_blob
from shared.plans.blobs import BlockWriter, RejectionWriter
from shared.plans.chunks import Source
from shared.plans.ledger import Entry, Ledger, Outcome
from shared.plans.plan import Plan
from shared.runs.chunk_blobs import ChunkReader
from shared.runs.deliveries import Deliveries, Fate
from shared.runs.explanations import Explanations
from shared.runs.run import Run
from shared.runs.services import RunServices
from shared.suppressions.hashes import Matcher
from shared.suppressions.suppressions import Suppressions

_ENTERED: dict[Fate, Outcome] = {"imported": "imported", "failed": "failed", "refused": "refused"}
_STAGES: dict[Fate, Stage] = {
    "failed": "failed",
    "refused": "refused",
    "unconfirmed": "unconfirmed",
    "unsent": "unsent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Commits one run; doing it twice changes nothing."""

    services: RunServices
    run: Run
    plan: Plan
    deliveries: Deliveries
    still_ours: Callable[[], None]
    """Raises Fenced when another worker has taken the run over."""

    async def write(self) -> None:
        """Ledger, rejections and the export's notes."""
        if self.deliveries.anything_sent:
            await self._ledger()
        await self._rejections()
        if self.run.ending is None and not self.run.dry_run:
            await self._notes()

    async def _ledger(self) -> None:
        blob = ledger_blob(self.run.export)
        with tempfile.TemporaryDirectory(prefix="segment-export-") as folder:
            path = Path(folder) / "ledger.sqlite"
            etag = await self.services.store.download(blob, path)
            with Ledger(path) as ledger:
                keys = await self.services.keys(self.plan.key_version)
                if ledger.key_version not in (None, keys.version):
                    ledger.rekey(await self.services.keys(ledger.key_version), keys)
                at = self.plan.made_at.isoformat()
                async for entries in self._entries(await self._suppressed()):
                    ledger.record(self.run.id, at, entries, keys)
            self.still_ours()
            await self.services.store.upload(blob, path, etag=etag)

    async def _suppressed(self) -> Matcher:
        """Who was suppressed while the run went on; an erased person is not entered again."""
        services = self.services
        suppressions = Suppressions(store=services.store, keys=services.keys, now=services.now)
        return await suppressions.matcher() or (lambda address: False)

    async def _entries(self, suppressed: Matcher) -> AsyncIterator[list[Entry]]:
        reader = self._reader()
        for number in range(len(self.plan.chunks)):
            fates = self.deliveries.fates(number)
            if not any(fate in _ENTERED for fate, _ in fates):
                continue
            addresses = await reader.addresses(number)
            sources = await reader.sources(number)
            yield [
                Entry(
                    digest=source.digest,
                    content=source.content,
                    outcome=_ENTERED[fate],
                    address=address,
                )
                for (fate, _), address, source in zip(fates, addresses, sources, strict=True)
                if fate in _ENTERED and not suppressed(address)
            ]

    async def _rejections(self) -> None:
        """What the planner rejected, then every contact that did not arrive."""
        store, records = self.services.store, self.services.records
        async with BlockWriter(store, records.rejections_blob(self.run.id)) as writer:
            async for piece in store.stream(records.planned_rejections_blob(self.run.id)):
                await writer.write(piece)
            if not self.run.dry_run:
                await self._write_missing(RejectionWriter(writer, header=False))
            self.still_ours()

    async def _write_missing(self, rejections: RejectionWriter) -> None:
        log = self.services.records.explanations(self.run.id)
        explanations = Explanations.folded(await log.read())
        reader = self._reader()
        for number in range(len(self.plan.chunks)):
            fates = self.deliveries.fates(number)
            if all(fate == "imported" for fate, _ in fates):
                continue
            sources = await reader.sources(number)
            await rejections.write(self._missing(explanations.explained(number, fates), sources))

    def _missing(self, fates: list[tuple[Fate, str]], sources: list[Source]) -> Iterator[Rejection]:
        for (fate, reason), source in zip(fates, sources, strict=True):
            if fate == "imported":
                continue
            snapshot = self.plan.snapshots[source.segment]
            code, _, detail = reason.partition(": ")
            yield Rejection(
                segment=snapshot.segment,
                primary_key=source.primary_key,
                partition=snapshot.partitions[source.partition].name,
                row=source.row,
                stage=_STAGES[fate],
                reason=code,
                detail=detail,
            )

    async def _notes(self) -> None:
        notes: dict[str, object] = {"contacts": self.plan.counts.contacts, "last_run": self.run.id}
        if self.plan.full:
            notes["last_full_at"] = self.plan.made_at
        await self.services.exports.note(self.run.export, **notes)

    def _reader(self) -> ChunkReader:
        return ChunkReader(
            self.services.store, self.services.records.chunks_blob(self.run.id), self.plan.chunks
        )


async def tidy(services: RunServices, run: Run) -> None:
    """Removes what an ended run needs no more; nothing happens the second time."""
    records, store = services.records, services.store
    await store.delete(records.chunks_blob(run.id))
    await store.delete(records.planned_rejections_blob(run.id))
    await store.delete(records.opt_outs_blob(run.id))
    await records.orders.delete(run.id)
    if run.account:
        await services.turns.leave(run.account, run.id)
    if await services.exports.documents.get(run.export) is None:
        # It was removed while this run was committing.
        await services.exports.forget(run.export)
    await services.exports.release(run.export, run.id)
