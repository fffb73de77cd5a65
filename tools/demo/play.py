"""What the steps of the demo share."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.demo.checks import Checks
from tools.demo.options import Options
from tools.demo.people import COLUMNS
from tools.demo.screen import Screen
from tools.demo.segment import NAME, Segment
from tools.demo.stage import EXPORT, Stage
from tools.segments import write_segment

PARTITIONS = 3
_NOTICED_WITHIN = 30.0
_ENDED_WITHIN = 120.0

type Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Play:
    """The stage, the screen, the claims so far, and the segment as Customer Insights knows it now."""

    options: Options
    screen: Screen
    stage: Stage
    checks: Checks
    segment: Segment
    runs: int = 0
    """How many runs there were."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(hour=6, minute=40))

    async def write(self, *, days: int) -> Sequence[str]:
        """Lets today's segment land in storage; `days` ago is when it was taken. Gives the partitions."""
        return await write_segment(
            self.stage.deployment.segments,
            segment=NAME,
            columns=COLUMNS,
            rows=self.segment.rows(),
            partitions=PARTITIONS,
            taken_at=self.began - timedelta(days=days),
        )

    async def next_run(self) -> tuple[Json, float]:
        """The run that the timer starts, and after how many seconds. Raises TimeoutError without one."""
        started = time.monotonic()
        while time.monotonic() - started < _NOTICED_WITHIN:
            found: list[Json] = (await self.stage.api.get(f"runs?export={EXPORT}"))["runs"]
            if len(found) > self.runs:
                self.runs = len(found)
                return found[0], time.monotonic() - started
            await asyncio.sleep(0.1)
        raise TimeoutError(f"no run of export {EXPORT} was started within {_NOTICED_WITHIN:.0f} s")

    async def start(self, *, dry_run: bool = False) -> Json:
        """A run started over HTTP, as it is at its end. Raises TimeoutError."""
        run = await self.stage.api.post(f"exports/{EXPORT}/runs", {"dry_run": dry_run})
        self.runs += 1
        return await self.ended(run)

    async def planned(self, run: Json) -> Json:
        """The run once it has a plan. Raises TimeoutError."""
        return await self.stage.api.run_until(
            run["id"], lambda found: "planned_at" in found, seconds=_ENDED_WITHIN, every=0.1
        )

    async def ended(self, run: Json) -> Json:
        """The run at its end. Raises TimeoutError."""
        return await self.stage.api.run_to_end(run["id"], seconds=_ENDED_WITHIN)
