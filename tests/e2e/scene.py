"""A running deployment as tests see it: what it logged, its storage, and what is easily asked of it."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceNotFoundError

from tests.pipeline import COLUMNS, MAPPING, people
from tools.deployment import Deployment
from tools.proxy import Proxy
from tools.sandbox import LIFTED, Sandbox
from tools.segments import write_segment

FIRST = datetime(2026, 1, 15, 6, 40, tzinfo=UTC)
"""When the first snapshot of a segment was taken."""
CHUNK = 250
"""Contacts of a full chunk."""

UNPACED = {
    "ACTIVECAMPAIGN_BULK_PER_MINUTE": "1000000",
    "ACTIVECAMPAIGN_SINGLE_PER_MINUTE": "1000000",
    "ACTIVECAMPAIGN_REQUESTS_PER_SECOND": "1000000",
}
QUICK = {
    "LEASE_SECONDS": "15",
    "WAKE_SECONDS": "1",
    "CONFIRM_AFTER_SECONDS": "0",
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00",
    **UNPACED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A deployment with a proxy in front of its own blobs, and all that host and workers have written."""

    deployment: Deployment
    storage: Proxy
    log: Path

    async def write(
        self, segment: str, rows: Sequence[Sequence[str]], *, hours: int = 0, with_model: bool = True
    ) -> None:
        """A snapshot of a segment, taken so many hours after the first."""
        await write_segment(
            self.deployment.segments,
            segment=segment,
            columns=COLUMNS,
            rows=rows,
            taken_at=FIRST + timedelta(hours=hours),
            with_model=with_model,
        )

    async def export(self, export: str, connection: str, **changes: Any) -> str:
        """An export, into list 1, of the segment of the same name, that no timer starts; its id."""
        wanted = {
            "id": export,
            "name": f"The export {export}",
            "connection": connection,
            "list_id": 1,
            "segments": [{"name": export}],
            "mapping": MAPPING,
            "schedule": "off",
        }
        return str((await self.deployment.api.post("exports", wanted | changes))["id"])

    async def export_of(self, export: str, connection: str, contacts: int, **changes: Any) -> str:
        """A segment of so many people, and its export."""
        await self.write(export, people(contacts))
        return await self.export(export, connection, **changes)

    async def start(self, export: str, **options: bool) -> str:
        """Starts a run; its id."""
        return str((await self.deployment.api.post(f"exports/{export}/runs", options))["id"])

    async def run(self, export: str, **options: bool) -> dict[str, Any]:
        """A run from its start to its end."""
        return await self.deployment.api.run_to_end(await self.start(export, **options))

    async def runs(self, export: str) -> list[dict[str, Any]]:
        """The runs of an export, the newest first."""
        found: list[dict[str, Any]] = (await self.deployment.api.get(f"runs?export={export}"))["runs"]
        return found

    async def blobs(self, prefix: str = "") -> dict[str, bytes]:
        """What lies in the state container."""
        state = self.deployment.state
        found: dict[str, bytes] = {}
        for name in [name async for name in state.list_blob_names(name_starts_with=prefix)]:
            with suppress(ResourceNotFoundError):  # The app goes on meanwhile.
                found[name] = await (await state.download_blob(name)).readall()
        return found

    async def record(self, run: str) -> dict[str, Any]:
        """A run's record as it lies in storage."""
        record: dict[str, Any] = json.loads((await self.blobs(f"runs/{run}/run.json")).popitem()[1])
        return record

    async def leftovers(self, export: str, run: str) -> list[str]:
        """Blobs that only a run under way needs, and that are still there soon after its end."""
        for _ in range(30):
            if not (left := await self._leftovers(export, run)):
                break
            await asyncio.sleep(0.1)
        return left

    async def _leftovers(self, export: str, run: str) -> list[str]:
        passing = (f"runs/{run}/chunks", f"runs/{run}/orders.json", f"runs/{run}/rejected.csv")
        names = [name async for name in self.deployment.state.list_blob_names()]
        return [
            name
            for name in names
            if name in passing or name == f"active/{export}" or name.endswith(f"/turns/{run}")
        ]

    async def queued(self) -> int:
        """How many jobs there are, delayed ones too."""
        return int((await self.deployment.jobs.get_queue_properties()).approximate_message_count or 0)


@asynccontextmanager
async def account(app: App, connection: str, **knobs: object) -> AsyncIterator[Sandbox]:
    """An ActiveCampaign with one list and no limits, and the app's connection to it."""
    async with Sandbox(knobs={**LIFTED, **knobs}) as sandbox:
        sandbox.add_list("Newsletter")
        await app.deployment.connect(sandbox.url, sandbox.api_key, connection)
        yield sandbox


def addresses(contacts: int) -> set[str]:
    """Of the first so many people."""
    return {row[COLUMNS.index("EMail")] for row in people(contacts)}


def adds_up(run: Mapping[str, Any]) -> bool:
    """Whether the report's three equations hold, reckoned apart from the app."""
    counts = run["counts"]
    decided = ("imported", "failed", "refused", "unconfirmed", "unsent")
    kept = ("unchanged", "withheld", "suppressed", "planned")
    return bool(
        counts["read"] == counts["rejected"] + counts["duplicate"] + counts["contacts"]
        and counts["contacts"] == sum(counts[name] for name in kept)
        and counts["planned"] == sum(counts[name] for name in decided)
    )


@contextmanager
def recorded(log: Path) -> Iterator[None]:
    """What the host logs, and what processes started in this block write to stderr, goes into the file."""
    handler = logging.FileHandler(log)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("localhost", "tools.localhost")]
    stderr = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        for logger in loggers:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
        handler.close()
