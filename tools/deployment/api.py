"""The app's own HTTP API, as a caller sees it."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

Json = dict[str, Any]
ENDED = ("successful", "completed_with_warnings", "failed", "canceled", "skipped")


class ApiError(Exception):
    """An answer of 400 or more; `problem` is its body (RFC 9457), empty where the host itself refused."""

    def __init__(self, status: int, problem: Json, content_type: str) -> None:
        super().__init__(f"{status}: {problem.get('detail', problem)}")
        self.status = status
        self.problem = problem
        self.content_type = content_type


@dataclass(frozen=True, slots=True)
class Api:
    """Calls with a function key, if there is one, and with these headers; raises ApiError."""

    session: aiohttp.ClientSession
    url: str
    key: str | None
    headers: Mapping[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> Any:
        """The JSON document at a path such as `runs/abc`."""
        return await self.call("GET", path)

    async def text(self, path: str) -> str:
        """A document that is no JSON, such as a run's rejections."""
        async with self.session.get(f"{self.url}/api/{path}", headers=self._headers({})) as answer:
            return await answer.text()

    async def post(self, path: str, body: Json | None = None) -> Any:
        """What the app answers to a POST."""
        return await self.call("POST", path, body or {})

    async def patch(self, path: str, body: Json) -> Any:
        """Changes a document whatever its ETag was a moment ago."""
        async with self.session.get(f"{self.url}/api/{path}", headers=self._headers({})) as answer:
            etag = answer.headers["ETag"]
        return await self.call("PATCH", path, body, {"If-Match": etag})

    async def run_until(
        self, run: str, predicate: Callable[[Json], bool], *, seconds: float = 60, every: float = 0.4
    ) -> Json:
        """The run as soon as the predicate holds. Raises TimeoutError with the run's state."""
        last = time.monotonic() + seconds
        while True:
            found: Json = await self.get(f"runs/{run}")
            if predicate(found):
                return found
            if time.monotonic() > last:
                raise TimeoutError(f"run {run} is {found['state']} after {seconds} s: {found}")
            await asyncio.sleep(every)

    async def run_to_end(self, run: str, *, seconds: float = 60) -> Json:
        """The run once it is over, or held."""
        return await self.run_until(run, lambda found: found["state"] in (*ENDED, "held"), seconds=seconds)

    async def call(
        self,
        method: str,
        path: str,
        body: Json | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON answer, `{}` for an empty one; a body of bytes is sent as it is."""
        raw = isinstance(body, bytes)
        async with self.session.request(
            method,
            URL(f"{self.url}/api/{path}", encoded=True),
            json=None if raw else body,
            data=body if raw else None,
            headers=self._headers(headers or {}),
        ) as answer:
            content = json.loads(await answer.read() or b"{}")
            if answer.status >= 400:
                raise ApiError(answer.status, content, answer.content_type)
            return content

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        key = {"x-functions-key": self.key} if self.key else {}
        return {**key, **self.headers, **more}
