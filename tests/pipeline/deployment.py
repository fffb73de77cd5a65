"""One deployment for one test: containers and a queue of its own, and what people, host and time do to it."""

import base64
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from azure.storage.queue.aio import QueueClient

from shared.clients import Clients
from shared.connections.connection import ConnectionInput
from shared.exports.export import Export
from shared.runs.run import Job, Run
from shared.runs.services import RunServices
from shared.runs.starting import Starter, StartOptions
from shared.runs.worker import Worker
from shared.settings import Settings
from shared.wiring import Services, make_services
from tests.pipeline import state
from tests.pipeline.segments import MAPPING, parsed, write_segment
from tests.pipeline.settings import quick_settings
from tests.pipeline.unhurried import Unhurried
from tools.azurite import Azurite
from tools.sandbox import LIFTED, Sandbox
from tools.vault import Tenant

type OpenPipeline = Callable[..., Awaitable[Pipeline]]
"""Makes a deployment with these settings."""

QUICK: Mapping[str, object] = LIFTED


class Pipeline:
    """A deployment with short times, and what tests do with it.

    `proxied` and `settings` are as in `quick_settings`. `ahead` is how far the app's clock is ahead of the
    real one.
    """

    def __init__(
        self,
        azurite: Azurite,
        tenant: Tenant,
        sandbox: Sandbox,
        *,
        proxied: Mapping[str, str] | None = None,
        **settings: str,
    ) -> None:
        self.sandbox = sandbox
        self.tenant = tenant
        self.ahead = timedelta()
        self.messages: list[str] = []
        """The text of every message that was worked off."""
        self.settings = quick_settings(azurite, tenant, proxied=proxied or {}, changes=settings)
        tenant.vault.secrets.set("segment-export-ledger", secrets.token_hex(32))
        tenant.vault.secrets.set("activecampaign-key", sandbox.api_key)
        self._azurite = azurite
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        blobs = await self._stack.enter_async_context(
            BlobServiceClient.from_connection_string(self._azurite.connection_string, use_env_settings=False)
        )
        self.segments: ContainerClient = blobs.get_container_client(self.settings.segments_container)
        self.state: ContainerClient = blobs.get_container_client(self.settings.state_container)
        self.queue = await self._stack.enter_async_context(
            QueueClient.from_connection_string(
                self._azurite.connection_string, self.settings.jobs_queue, use_env_settings=False
            )
        )
        await self.segments.create_container()
        await self.state.create_container()
        await self.queue.create_queue()
        self.services: Services = self.new_process()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Azurite looks through every blob that it keeps, at each request.
        with suppress(ResourceNotFoundError):
            await self.segments.delete_container()
        with suppress(ResourceNotFoundError):
            await self.state.delete_container()
        with suppress(ResourceNotFoundError):
            await self.queue.delete_queue()
        await self._stack.aclose()

    # processes

    def new_process(self, settings: Settings | None = None) -> Services:
        """What another process of the app would work with: clients, caches and connections of its own."""
        clients = Clients(settings or self.settings, authorities=str(self.tenant.certificates.authority))
        self._stack.push_async_callback(clients.close)
        services = make_services(settings or self.settings, clients)
        runs = replace(
            services.runs,
            now=lambda: datetime.now(UTC) + self.ahead,
            open_account=Unhurried(services.runs.open_account),
        )
        return replace(services, runs=runs)

    @property
    def runs(self) -> RunServices:
        """What runs work with."""
        return self.services.runs

    # what people do

    async def write_segment(
        self,
        name: str,
        *partitions: Sequence[Sequence[str]] | bytes,
        columns: Sequence[str] | None = None,
        at: str = "2026/01/15/0640",
    ) -> list[str]:
        """A snapshot of these partitions; gives the names of their blobs."""
        return await write_segment(self.segments, name, partitions, columns=columns, at=at)

    async def connect(self, connection: str = "main", **changes: Any) -> None:
        """A connection to the sandbox."""
        wanted = {
            "id": connection,
            "display_name": "Sandbox",
            "api_url": self.sandbox.url,
            "api_key_secret": "activecampaign-key",
            "consent": {"accepted": True, "accepted_by": "tests", "text_version": "1"},
        } | changes
        await self.services.connections.create(ConnectionInput.model_validate(wanted), None)

    async def make_export(self, **changes: Any) -> Export:
        """An export of the segment `Vip` into list 1, unchecked: what it names may have gone since."""
        wanted = {
            "id": "vip",
            "name": "VIP",
            "connection": "main",
            "list_id": 1,
            "segments": [{"name": "Vip"}],
            "mapping": MAPPING,
        } | changes
        now = datetime.now(UTC)
        export = Export.model_validate(wanted | {"created_at": now, "updated_at": now, "updated_by": "tests"})
        return (await self.runs.exports.documents.create(export.id, export)).value

    async def change_export(self, export: str = "vip", **patch: Any) -> None:
        """Merges the patch into the export."""
        found = await self.services.exports.get(export)
        await self.services.exports.change(export, patch, found.etag, "tests")

    async def start(self, export: str = "vip", **options: bool) -> str:
        """Starts a run; its id."""
        document = await self.services.exports.get(export)
        started = await Starter(self.runs).start(
            document.value, "on_demand", "tests", StartOptions(**options)
        )
        return started.run.id

    async def retry(self, run: str) -> Run:
        """Starts a retry of a run and works until nothing is queued."""
        started = await Starter(self.runs).retry(await self.run(run), "tests")
        await self.drain()
        return await self.run(started.run.id)

    async def cancel(self, run: str) -> None:
        """Asks a run to stop."""
        await Starter(self.runs).cancel(await self.run(run), "Ann")

    # what the host does

    async def drain(self, limit: int = 200) -> None:
        """Works off the queue until nothing in it is visible, as the host would.

        A job that is cut short or fails comes again, which is up to the caller.
        """
        for _ in range(limit):
            message = await self.queue.receive_message(visibility_timeout=60)
            if message is None:
                return
            self.messages.append(base64.b64decode(message.content).decode())
            try:
                await Worker(self.runs).work(Job.model_validate_json(self.messages[-1]))
            except BaseException:
                await self.queue.update_message(message, visibility_timeout=0)
                raise
            await self.queue.delete_message(message)
        raise AssertionError(f"the queue is not empty after {limit} jobs")

    async def work(self, run: str) -> None:
        """Works off the job of the slice that a run is at, as if its message came again."""
        await Worker(self.runs).work(Job(run=run, slice=(await self.run(run)).slice))

    async def run_to_end(self, export: str = "vip", **options: bool) -> Run:
        """Starts a run and works until nothing is queued."""
        run = await self.start(export, **options)
        await self.drain()
        return await self.run(run)

    async def queued(self) -> int:
        """How many messages there are, delayed ones too."""
        return int((await self.queue.get_queue_properties()).approximate_message_count or 0)

    def messages_by_slice(self) -> dict[int, int]:
        """How many messages were worked off for each slice."""
        return Counter(Job.model_validate_json(message).slice for message in self.messages)

    # what time does

    async def let_pass(self, run: str, seconds: float) -> None:
        """So many seconds pass for the app: pauses run out, and the run's delayed message is due."""
        self.ahead += timedelta(seconds=seconds)
        await state.age_pacing(self.state, seconds)
        await self.queue.clear_messages()
        await self.runs.queue.send(Job(run=run, slice=(await self.run(run)).slice))

    async def expire_leases(self) -> None:
        """The leases of a process that died run out."""
        await state.expire_leases(self.state)

    # what is to be seen

    async def run(self, run: str) -> Run:
        """The record."""
        return (await self.runs.records.run(run)).value

    async def rejections(self, run: str) -> list[dict[str, str]]:
        """The report's lines."""
        return parsed((await self.services.history.rejections(run)).decode())

    async def blobs(self, prefix: str = "") -> dict[str, bytes]:
        """What lies in the state container."""
        return await state.contents(self.state, prefix)

    async def leftovers(self) -> set[str]:
        """What must not be there when no run is under way: claims, orders, turns, staged data, leases."""
        return await state.leftovers(self.state)

    @property
    def imports(self) -> int:
        """How many import requests the sandbox saw, whatever it answered."""
        return int(self.sandbox.evidence()["by_endpoint"].get("POST import/bulk_import", 0))
