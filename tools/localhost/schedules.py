"""The schedule monitor: what a timer did last and when it is next due, kept in a blob over restarts."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient

from tools.localhost.settings import Settings

CONTAINER = "azure-webjobs-hosts"
NEVER = datetime(1, 1, 1, tzinfo=UTC)


def host_id(settings: Settings, app_dir: Path) -> str:
    """What tells the timers of this app from others in the same account: a setting, else made of its path."""
    by_path = hashlib.sha256(str(app_dir).encode()).hexdigest()[:32]
    return settings.get("AzureFunctionsWebHost__hostid") or by_path


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleStatus:
    """`last` is when it fired last, or year 1; `next` is when it is due, reckoned at `updated`."""

    last: datetime
    next: datetime
    updated: datetime

    def as_json(self) -> dict[str, str]:
        """As the Azure host writes it, and as functions see it."""
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }


class ScheduleMonitor:
    """The status blob of one timer."""

    def __init__(self, blobs: BlobServiceClient, *, host_id: str, function: str) -> None:
        self._container = blobs.get_container_client(CONTAINER)
        self._blob = self._container.get_blob_client(f"timers/{host_id}/Host.Functions.{function}/status")

    async def read(self) -> ScheduleStatus | None:
        """The status; None where there is none, or none that can be read."""
        try:
            download = await self._blob.download_blob()
            document = json.loads(await download.readall())
            last, following, updated = (
                datetime.fromisoformat(document[name]) for name in ("Last", "Next", "LastUpdated")
            )
        except (ResourceNotFoundError, ValueError, KeyError, TypeError):
            return None
        return ScheduleStatus(last=last, next=following, updated=updated)

    async def write(self, status: ScheduleStatus) -> None:
        """Replace the status."""
        document = json.dumps(status.as_json())
        try:
            await self._blob.upload_blob(document, overwrite=True)
        except ResourceNotFoundError:
            await self._create_container()
            await self._blob.upload_blob(document, overwrite=True)

    async def _create_container(self) -> None:
        try:
            await self._container.create_container()
        except ResourceExistsError:
            return
