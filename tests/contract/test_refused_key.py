"""What the API answers where ActiveCampaign refuses the key: as documented, and never as a fault of ours."""

from typing import Any

import pytest

from tests.contract.operations import OPERATIONS
from tests.contract.server import EXPORT, Server

ASKING = {
    "test_connection": ("POST", "connections/{id}/test", None),
    "list_lists": ("GET", "connections/{id}/lists", None),
    "list_fields": ("GET", "connections/{id}/fields", None),
    "create_export": ("POST", "exports", EXPORT | {"mapping": {"email": "EMail", "fields": {"1": "City"}}}),
    "validate_export": ("POST", "exports/validate", EXPORT),
    "preview_export": (
        "POST",
        "exports/preview",
        EXPORT | {"mapping": {"email": "EMail", "fields": {"1": "City"}}},
    ),
    "change_export": ("PATCH", "exports/vip", {"list_id": 1}),
}


@pytest.fixture(scope="module")
def refused(server: Server) -> str:
    """The id of a connection whose key ActiveCampaign does not know."""
    return server.made("connections", server.connection() | {"api_key": "a-key-of-nobody"})


@pytest.mark.parametrize("name", ASKING)
def test_a_refused_key_is_answered_as_documented(server: Server, refused: str, name: str) -> None:
    method, path, body = ASKING[name]
    operation = next(each for each in OPERATIONS if each.name == name)
    document = server.send("GET", "openapi.json").json
    described: dict[str, Any] = document["paths"][f"/{operation.route}"][method.lower()]
    headers = {"If-Match": server.send("GET", path).headers["etag"]} if method == "PATCH" else {}
    sent = body and body | {"connection": refused}

    reply = server.send(method, path.replace("{id}", refused), sent, headers)

    assert str(reply.status) in described["responses"], reply.content
    assert reply.status != 500, reply.content
    assert "a-key-of-nobody" not in reply.content.decode()
