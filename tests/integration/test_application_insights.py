"""What reaches Application Insights: the real worker library, distro and exporter, sending to a stand-in."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.pipeline import MAPPING, people
from tests.pipeline.segments import write_segment
from tools.azurite import Azurite
from tools.cost import inputs
from tools.deployment import Deployment
from tools.sandbox import LIFTED, Sandbox
from tools.vault import Tenant, Vault

AS_DEPLOYED = {
    "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "true",
    "OTEL_TRACES_SAMPLER": "always_on",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": (
        "azure_sdk,django,fastapi,flask,httpx,httpx2,psycopg2,requests,urllib,urllib3"
    ),
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "true",
}
QUICKLY = {
    "OTEL_METRIC_EXPORT_INTERVAL": "500",
    "OTEL_BSP_SCHEDULE_DELAY": "200",
    "OTEL_BLRP_SCHEDULE_DELAY": "200",
    "CONFIRM_AFTER_SECONDS": "0",
    "ACTIVECAMPAIGN_BULK_PER_MINUTE": "1000000",
    "ACTIVECAMPAIGN_REQUESTS_PER_SECOND": "1000000",
}


@dataclass(slots=True)
class Ingestion:
    """Keeps every envelope that is sent; answers live metrics that nobody looks."""

    url: str = ""
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def settings(self) -> Mapping[str, str]:
        """That bring telemetry here."""
        key = "InstrumentationKey=00000000-0000-0000-0000-000000000001"
        addresses = f"IngestionEndpoint={self.url};LiveEndpoint={self.url}"
        return {"APPLICATIONINSIGHTS_CONNECTION_STRING": f"{key};{addresses}"}

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """While the block runs."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield
        finally:
            await runner.cleanup()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The contents of envelopes of this kind."""
        found = [envelope for envelope in self.envelopes if envelope["name"].endswith(f".{kind}")]
        return [envelope["data"]["baseData"] for envelope in found]

    def metrics(self) -> dict[str, dict[str, Any]]:
        """The last envelope of each metric."""
        return {base["metrics"][0]["name"]: base for base in self.of("Metric")}

    def events(self, name: str) -> list[dict[str, Any]]:
        """The attributes of each event of this name."""
        return [record["properties"] for record in self.of("Message") if record["message"] == name]

    async def until(self, predicate: Callable[[], object]) -> None:
        """Returns when the predicate holds. Raises TimeoutError."""
        async with asyncio.timeout(20):
            while not predicate():
                self._arrived.clear()
                await self._arrived.wait()

    async def _take(self, request: web.Request) -> web.Response:
        if not request.path.endswith("/track"):
            return web.json_response({})
        body = await request.read()
        sent = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        self.envelopes += sent
        self._arrived.set()
        return web.json_response({"itemsReceived": len(sent), "itemsAccepted": len(sent), "errors": []})


async def one_run(deployment: Deployment, sandbox: Sandbox) -> str:
    """A run of 600 people; its id."""
    sandbox.add_list("Newsletter")
    await deployment.connect(sandbox.url, sandbox.api_key)
    await write_segment(deployment.segments, "Vip", [people(600)])
    segments = [{"name": "Vip"}]
    export = {"id": "vip", "name": "VIP", "connection": "main", "list_id": 1, "segments": segments}
    await deployment.api.post("exports", export | {"mapping": MAPPING})
    run = await deployment.api.post("exports/vip/runs")
    assert (await deployment.api.run_to_end(run["id"]))["state"] == "successful"
    return str(run["id"])


async def test_a_run_reaches_application_insights_and_nothing_else_does(
    azurite: Azurite, tenant: Tenant, vault: Vault
) -> None:
    ingestion = Ingestion()
    async with ingestion.listening(), Sandbox(knobs=LIFTED) as sandbox:
        settings = {**AS_DEPLOYED, **QUICKLY, **ingestion.settings}
        async with Deployment(settings, azurite=azurite, tenant=tenant) as deployment:
            run = await one_run(deployment, sandbox)
            await ingestion.until(lambda: "segment_export.runs" in ingestion.metrics())
            await ingestion.until(lambda: ingestion.events("run ended"))
            await ingestion.until(lambda: len(ingestion.of("RemoteDependency")) >= 4)
            key = sandbox.api_key

    spans = {span["name"]: span["properties"] for span in ingestion.of("RemoteDependency")}
    (ended,) = ingestion.events("run ended")
    metrics = ingestion.metrics()
    ours = {name for name in metrics if name.startswith("segment_export.")}
    assert spans.keys() == {"slice", "plan", "deliver", "commit"}
    assert {properties["run"] for properties in spans.values()} == {run}
    assert (ended["run"], ended["state"], ended["imported"]) == (run, "successful", "600")
    assert metrics["segment_export.profiles"]["properties"] == {"outcome": "imported", "export": "vip"}
    assert metrics["segment_export.profiles"]["metrics"][0]["value"] == 600
    assert ours == {
        "segment_export.limit.wait",
        "segment_export.profiles",
        "segment_export.rejected.share",
        "segment_export.request.duration",
        "segment_export.run.minutes",
        "segment_export.runs",
    }
    sizes = [len(json.dumps(envelope)) for envelope in ingestion.envelopes]
    assert sum(sizes) / len(sizes) <= inputs.ITEM.value
    assert not re.search(rf"example\.com|First\d|Last\d|\+491|{key}", json.dumps(ingestion.envelopes))
