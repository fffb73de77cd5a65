"""A plan: what a run will send, fixed before a single request."""

from datetime import datetime

from pydantic import BaseModel

from shared.exports.export import ExportContent
from shared.plans.chunks import Kind, Staged
from shared.runs.run import Counts, Finding
from shared.segments.snapshots import Snapshot


class ChunkIndex(BaseModel):
    """Where each chunk lies in `chunks`, column by column: chunk n is the n-th of each list."""

    kinds: list[Kind] = []
    counts: list[int] = []
    offsets: list[int] = []
    bodies: list[int] = []
    sources: list[int] = []

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, number: int) -> Staged:
        return Staged(
            kind=self.kinds[number],
            count=self.counts[number],
            offset=self.offsets[number],
            body=self.bodies[number],
            sources=self.sources[number],
        )

    @classmethod
    def of(cls, chunks: list[Staged]) -> "ChunkIndex":
        """The index of these chunks, in their order."""
        return cls(
            kinds=[chunk.kind for chunk in chunks],
            counts=[chunk.count for chunk in chunks],
            offsets=[chunk.offset for chunk in chunks],
            bodies=[chunk.body for chunk in chunks],
            sources=[chunk.sources for chunk in chunks],
        )


class Plan(BaseModel):
    """The manifest in `runs/{id}/plan.json`; immutable once written."""

    id: str
    run: str
    made_at: datetime
    account: str
    key_version: str
    full: bool
    export: ExportContent
    """The export as it was when this was planned: whoever changes it meanwhile changes the next run."""
    snapshots: list[Snapshot]
    counts: Counts
    unconverted: dict[str, int] = {}
    new: int = 0
    changed: int = 0
    left: int = 0
    """Addresses of the ledger that are in none of the segments any more."""
    automations: int = 0
    minutes: float
    findings: list[Finding] = []
    chunks: ChunkIndex

    @property
    def held(self) -> bool:
        """Whether a person must approve it."""
        return any(finding.holds for finding in self.findings)
