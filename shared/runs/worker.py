"""One slice of a run: hand-over, lease, and the step that the run's state asks for.

Under the lease the run is read, and the message dropped if its slice is over. At the end the next slice is
sent, the record is written, the lease is released, in this order: whatever is lost on the way, either this
message comes again or the next one is there.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from shared import telemetry
from shared.errors import Fenced
from shared.runs.committing import tidy
from shared.runs.record import Record
from shared.runs.run import Job, Run
from shared.runs.services import RunServices
from shared.runs.signals import Next
from shared.runs.steps import Steps
from shared.state.leases import Lease, held

_HAND_OVER_LOOKS = 20
_HAND_OVER_LOOK_SECONDS = 0.1

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """Works off jobs; everything may happen twice."""

    services: RunServices

    async def work(self, job: Job) -> None:
        """Works for one slice. Raises StateError where our storage fails, so that the job comes again."""
        started = time.time()
        found = await self.services.records.runs.get(job.run)
        if found is None:
            _log.warning("job dropped: there is no run %s", job.run)
            return
        settings = self.services.settings
        async with self._lease(job, found.value) as lease:
            if lease is None:
                await self._later(job)
                return
            try:
                await self._work(job, lease, started + settings.slice_seconds)
            except Fenced:
                _log.warning("run %s: the lease was lost; slice %s is queued again", job.run, job.slice)
                await self._later(job)

    @asynccontextmanager
    async def _lease(self, job: Job, run: Run) -> AsyncIterator[Lease | None]:
        """The run's lease, None where another worker holds it.

        A job may arrive a moment before the slice that sent it has ended, and waits for that.
        """
        blob = self.services.records.run_blob(job.run)
        seconds = self.services.settings.lease_seconds
        looks = _HAND_OVER_LOOKS if job.slice > run.slice else 1
        for left in reversed(range(looks)):
            async with held(self.services.leases, blob, seconds, self.services.clock) as lease:
                if lease or not left:
                    yield lease
                    return
            await asyncio.sleep(_HAND_OVER_LOOK_SECONDS)

    async def _work(self, job: Job, lease: Lease, deadline: float) -> None:
        record = Record(self.services.records, lease, await self.services.records.run(job.run))
        if record.run.over:
            await tidy(self.services, record.run)
            return
        if record.run.slice + 1 == job.slice:
            # Whoever sent this job died before it wrote that its own slice was over.
            await record.change(slice=job.slice)
        if record.run.slice != job.slice:
            _log.info("job dropped: run %s is at slice %s, not %s", job.run, record.run.slice, job.slice)
            return
        steps = Steps(services=self.services, record=record, deadline=deadline)
        with telemetry.span("slice", record.run) as span:
            if following := await steps.take():
                await self._hand_over(record, following)
            span.set_attribute("state", record.run.state)

    async def _hand_over(self, record: Record, following: Next) -> None:
        run, now = record.run, self.services.now()
        await self.services.queue.send(Job(run=run.id, slice=run.slice + 1), delay=following.delay)
        await record.change(
            slice=run.slice + 1, wake_at=now + timedelta(seconds=following.delay), alive_at=now
        )

    async def _later(self, job: Job) -> None:
        await self.services.queue.send(job, delay=self.services.settings.wake_seconds)
