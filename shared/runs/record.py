"""A run's record in the hands of the worker that holds its lease."""

from dataclasses import dataclass

from shared.runs.records import Records
from shared.runs.run import Run
from shared.state.documents import Versioned
from shared.state.leases import Lease


@dataclass(slots=True)
class Record:
    """Only the holder of the lease writes it."""

    records: Records
    lease: Lease
    document: Versioned[Run]

    @property
    def run(self) -> Run:
        """The record as it was last written."""
        return self.document.value

    async def change(self, **changes: object) -> None:
        """Writes these fields. Raises Fenced when the lease is no longer ours."""
        self.lease.check()
        run = self.run.changed(**changes)
        self.document = await self.records.runs.replace(
            run.id, run, etag=self.document.etag, lease=self.lease.id
        )
