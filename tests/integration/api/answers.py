"""Whole answers of the API: status, headers and JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from tools.deployment import Api


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    json: Any

    @property
    def etag(self) -> str:
        return self.headers["ETag"]


async def ask(api: Api, method: str, path: str, body: object = None, *, etag: str | None = None) -> Answered:
    """One request with these rights; `etag` goes into If-Match."""
    headers = {**api.headers, **({"If-Match": etag} if etag else {})}
    async with api.session.request(
        method, URL(f"{api.url}/api/{path}", encoded=True), json=body, headers=headers
    ) as answer:
        return Answered(
            status=answer.status, headers=answer.headers, json=json.loads(await answer.read() or b"null")
        )
