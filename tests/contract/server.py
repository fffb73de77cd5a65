"""A deployment that runs beside the tests, and bytes on the wire to it.

Tests here say what goes over the wire to the last byte, which clients with manners do not let them; and
schemathesis asks from the test's own thread. So the deployment has a thread, and requests are plain ones.
"""

import asyncio
import json
import secrets
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from azure.storage.blob.aio import BlobServiceClient

from tests.e2e.scene import QUICK
from tests.pipeline import MAPPING, people
from tests.pipeline.segments import write_segment
from tools.azurite import Azurite
from tools.deployment import Deployment
from tools.sandbox import LIFTED, Sandbox

_PATIENCE = 60
IDLE = {"AzureWebJobs.work.Disabled": "true"}
"""Nobody works on runs, so that they stay as they were started."""
EXPORT = {
    "name": "VIP customers",
    "connection": "main",
    "list_id": 1,
    "segments": [{"name": "Vip"}],
    "mapping": MAPPING,
}
"""All that an export needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def is_problem(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/problem+json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A deployment with a connection `main`, an ActiveCampaign behind it, and a segment `Vip`."""

    deployment: Deployment
    sandbox: Sandbox
    loop: asyncio.AbstractEventLoop
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.deployment.host.url

    @property
    def key(self) -> dict[str, str]:
        """The header that lets in."""
        return {"x-functions-key": self.deployment.host.keys.master}

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Sends a request below /api/: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE)
        try:
            connection.request(
                method, f"/api/{path}", content, {**self.key, **self.headers, **(headers or {})}
            )
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(status=answer.status, headers=found, content=answer.read())
        finally:
            connection.close()

    def made(self, path: str, body: object = None) -> str:
        """The id of what a POST makes. Raises AssertionError where it makes nothing."""
        reply = self.send("POST", path, body)
        assert reply.status in (201, 202), reply.content
        return str(reply.json["id"])

    def connection(self) -> dict[str, object]:
        """All that a connection to the ActiveCampaign needs."""
        return {
            "display_name": "ActiveCampaign",
            "api_url": self.sandbox.url,
            "api_key": self.sandbox.api_key,
            "consent": {"accepted": True, "accepted_by": "operator", "text_version": "1"},
        }

    def audited(self, caller: str | None = None) -> list[dict[str, Any]]:
        """The lines of the audit log, those of this caller if one is named."""
        container = self.deployment.settings()["AUDIT_CONTAINER"]
        blobs = self.run(_contents(self.deployment.azurite.connection_string, container))
        lines = [json.loads(line) for content in blobs for line in content.splitlines()]
        return [line for line in lines if caller in (None, line["caller"])]

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Does something in the deployment's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_PATIENCE)


@contextmanager
def serving(
    azurite: Azurite, settings: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server while the block lasts; requests to it have these headers unless told otherwise."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    try:
        starting = asyncio.run_coroutine_threadsafe(_start(stack, azurite, settings), loop)
        deployment, sandbox = starting.result(_PATIENCE)
        server = Server(deployment=deployment, sandbox=sandbox, loop=loop, headers=headers or {})
        server.made("connections", server.connection() | {"id": "main"})
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _contents(storage: str, container: str) -> list[bytes]:
    async with BlobServiceClient.from_connection_string(storage) as service:
        blobs = service.get_container_client(container)
        names = [name async for name in blobs.list_blob_names()]
        return [await (await blobs.download_blob(name)).readall() for name in names]


async def _start(
    stack: AsyncExitStack, azurite: Azurite, settings: Mapping[str, str]
) -> tuple[Deployment, Sandbox]:
    sandbox = await stack.enter_async_context(Sandbox(knobs=LIFTED))
    sandbox.add_list("Newsletter")
    own = {"AUDIT_CONTAINER": f"audit-{secrets.token_hex(6)}"}
    deployment = await stack.enter_async_context(Deployment({**QUICK, **own, **settings}, azurite=azurite))
    await write_segment(deployment.segments, "Vip", [people(5)])
    return deployment, sandbox
