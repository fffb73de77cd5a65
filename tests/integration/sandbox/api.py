"""A bare client for the tests: it hides nothing of what the sandbox sends."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession
from multidict import CIMultiDictProxy

from tools.sandbox import ManualClock, Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One sandbox, its clock, and a session with its key."""

    sandbox: Sandbox
    clock: ManualClock
    session: ClientSession

    async def send(self, method: str, path: str, **options: Any) -> Reply:
        """Send a request under /api/3 and read the whole answer; redirects are not followed."""
        headers = {"Api-Token": self.sandbox.api_key} | options.pop("headers", {})
        url = f"{self.sandbox.url}/api/3/{path}"
        options.setdefault("allow_redirects", False)
        async with self.session.request(method, url, headers=headers, **options) as response:
            return Reply(status=response.status, headers=response.headers, body=await response.read())

    async def get(self, path: str, **query: object) -> Reply:
        """GET with a query."""
        return await self.send("GET", path, params={name: str(value) for name, value in query.items()})

    async def post(self, path: str, document: object) -> Reply:
        """POST a JSON document."""
        return await self.send("POST", path, json=document)

    async def bulk(self, *contacts: object, **more: object) -> Reply:
        """Post a bulk import of these contacts."""
        return await self.post("import/bulk_import", {"contacts": contacts, **more})

    async def outcome(self, reply: Reply) -> Any:
        """What import/info says of the batch that the reply accepted."""
        return (await self.get("import/info", batchId=reply.json["batchId"])).json

    async def control(self, method: str, path: str, document: object = None) -> Reply:
        """A control request."""
        url = f"{self.sandbox.url}/control/{path}"
        async with self.session.request(method, url, json=document) as response:
            return Reply(status=response.status, headers=response.headers, body=await response.read())


def person(name: str = "jane", **changes: object) -> dict[str, object]:
    """A contact of a bulk import."""
    return {"email": f"{name}@example.com", "subscribe": [{"listid": 1}]} | changes


def people(count: int) -> list[dict[str, object]]:
    """So many different contacts."""
    return [person(f"person.{number}") for number in range(count)]
