"""Secrets as Key Vault's REST API writes them (Key Vault data plane reference, Secrets)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tools.vault.secrets import DeletedSecret, SecretProperties, SecretVersion, VaultRefusal

Json = dict[str, Any]

_RECOVERABLE_DAYS = 7
_DAY = 86_400


def bundle(secret: SecretVersion, vault_url: str) -> Json:
    """One version with its value."""
    return {"value": secret.value, **item(secret, f"{vault_url}/secrets/{secret.name}/{secret.version}")}


def item(secret: SecretVersion, identifier: str) -> Json:
    """One version without its value, as in lists."""
    properties = secret.properties
    attributes = {
        "enabled": properties.enabled,
        "created": secret.created,
        "updated": secret.updated,
        "exp": properties.expires,
        "nbf": properties.not_before,
        "recoveryLevel": "CustomizedRecoverable+Purgeable",
        "recoverableDays": _RECOVERABLE_DAYS,
    }
    fields = {"id": identifier, "contentType": properties.content_type, "tags": dict(properties.tags)}
    return {**_present(fields), "attributes": _present(attributes)}


def deleted_bundle(deleted: DeletedSecret, vault_url: str) -> Json:
    """A deleted secret, without its value."""
    newest = deleted.versions[-1]
    return {
        **item(newest, f"{vault_url}/secrets/{newest.name}/{newest.version}"),
        "recoveryId": f"{vault_url}/deletedsecrets/{newest.name}",
        "deletedDate": deleted.at,
        "scheduledPurgeDate": deleted.at + _RECOVERABLE_DAYS * _DAY,
    }


def refusal(error: VaultRefusal) -> Json:
    """The body of an answer that is not a success."""
    inner = {"innererror": {"code": error.inner_code}} if error.inner_code else {}
    return {"error": {"code": error.code, "message": str(error), **inner}}


def value(body: Mapping[str, Any]) -> str:
    """The value in a request to set a secret. Raises VaultRefusal where there is none."""
    if not isinstance(body.get("value"), str):
        raise VaultRefusal(400, "BadParameter", "A secret needs a value, which is a string.")
    return str(body["value"])


def properties(body: Mapping[str, Any], before: SecretProperties | None = None) -> SecretProperties:
    """The properties in a request; what it leaves out stays as it was `before`."""
    attributes: Mapping[str, Any] = body.get("attributes") or {}
    given = {
        "enabled": attributes.get("enabled"),
        "expires": attributes.get("exp"),
        "not_before": attributes.get("nbf"),
        "content_type": body.get("contentType"),
        "tags": body.get("tags"),
    }
    return replace(before or SecretProperties(), **_present(given))


def _present(fields: Json) -> Json:
    return {name: content for name, content in fields.items() if content is not None}
