"""Key Vault's data plane for secrets, as far as its SDK client asks for it, without sign-in."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from tools.vault import wire
from tools.vault.secrets import Secrets, VaultRefusal


class SecretRoutes:
    """The requests that read and change `secrets`; `reads` counts the values given out, by name."""

    def __init__(self, secrets: Secrets, reads: Counter[str]) -> None:
        self._secrets = secrets
        self._reads = reads

    def table(self) -> Iterable[web.RouteDef]:
        """To be added to an application. A request for the newest version has an empty one in its path."""
        return [
            web.put("/secrets/{name}", self._set),
            web.get("/secrets", self._list),
            web.get("/secrets/{name}/versions", self._list_versions),
            web.get("/secrets/{name}/{version:[^/]*}", self._get),
            web.patch("/secrets/{name}/{version:[^/]*}", self._update),
            web.delete("/secrets/{name}", self._delete),
            web.get("/deletedsecrets/{name}", self._get_deleted),
            web.post("/deletedsecrets/{name}/recover", self._recover),
            web.delete("/deletedsecrets/{name}", self._purge),
        ]

    async def _set(self, request: web.Request) -> web.Response:
        body = await _body(request)
        secret = self._secrets.set(_name(request), wire.value(body), wire.properties(body))
        return web.json_response(wire.bundle(secret, _vault(request)))

    async def _get(self, request: web.Request) -> web.Response:
        secret = self._secrets.get(_name(request), _version(request))
        self._reads[secret.name.lower()] += 1
        return web.json_response(wire.bundle(secret, _vault(request)))

    async def _update(self, request: web.Request) -> web.Response:
        body = await _body(request)
        before = self._secrets.find(_name(request), _version(request))
        secret = self._secrets.update(before, wire.properties(body, before.properties))
        return web.json_response(
            wire.item(secret, f"{_vault(request)}/secrets/{secret.name}/{secret.version}")
        )

    async def _list(self, request: web.Request) -> web.Response:
        listed = [
            wire.item(secret, f"{_vault(request)}/secrets/{secret.name}") for secret in self._secrets.newest()
        ]
        return web.json_response({"value": listed, "nextLink": None})

    async def _list_versions(self, request: web.Request) -> web.Response:
        prefix = f"{_vault(request)}/secrets/{_name(request)}"
        versions = self._secrets.versions(_name(request))
        listed = [wire.item(secret, f"{prefix}/{secret.version}") for secret in versions]
        return web.json_response({"value": listed, "nextLink": None})

    async def _delete(self, request: web.Request) -> web.Response:
        return web.json_response(wire.deleted_bundle(self._secrets.delete(_name(request)), _vault(request)))

    async def _get_deleted(self, request: web.Request) -> web.Response:
        return web.json_response(wire.deleted_bundle(self._secrets.deleted(_name(request)), _vault(request)))

    async def _recover(self, request: web.Request) -> web.Response:
        return web.json_response(wire.bundle(self._secrets.recover(_name(request)), _vault(request)))

    async def _purge(self, request: web.Request) -> web.Response:
        self._secrets.purge(_name(request))
        return web.Response(status=204)


def _name(request: web.Request) -> str:
    return request.match_info["name"]


def _version(request: web.Request) -> str | None:
    return request.match_info["version"] or None


def _vault(request: web.Request) -> str:
    return f"https://{request.host}"


async def _body(request: web.Request) -> Mapping[str, Any]:
    try:
        body = await request.json()
    except json.JSONDecodeError as error:
        raise VaultRefusal(400, "BadParameter", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise VaultRefusal(400, "BadParameter", "The body is not a JSON object.")
    return body
