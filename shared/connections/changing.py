"""What a JSON merge patch makes of a connection."""

from typing import Any

from pydantic import ValidationError

from shared.connections.connection import Connection, ConnectionContent
from shared.errors import InvalidInput
from shared.input import invalid_input, merge_patch

_KEPT = {"display_name", "api_url", "allow_contributors", "limits", "active"}
_FIXED = ("id", "account", "created_at", "updated_at", "updated_by")


def merged(connection: Connection, patch: dict[str, Any]) -> ConnectionContent:
    """The content after the patch (RFC 7396); key and consent are in it only where the patch gives them.

    Raises InvalidInput.
    """
    for name in _FIXED:
        if name in patch:
            raise InvalidInput(f"{name} cannot be changed", pointer=f"/{name}")
    document = merge_patch(connection.model_dump(mode="json", include=_KEPT), patch)
    try:
        return ConnectionContent.model_validate(document, strict=True)
    except ValidationError as error:
        raise invalid_input(error, document) from error


def gives_key(patch: dict[str, Any]) -> bool:
    """Whether the patch says which key to use."""
    return "api_key" in patch or "api_key_secret" in patch


def require_anew(patch: dict[str, Any]) -> None:
    """Raises InvalidInput unless the patch has key and consent: both were given for the host before."""
    for name, given in (("api_key", gives_key(patch)), ("consent", patch.get("consent") is not None)):
        if not given:
            raise InvalidInput(
                "api_url leads to another host: give api_key (or api_key_secret) and consent for it in the "
                "same request",
                pointer=f"/{name}",
            )
