"""Access tokens as Entra ID writes them (JWT, RFC 7519), but unsigned: only fakes and Azurite take them."""

import base64
import binascii
import json

TENANT = "5e9e0000-0000-4000-8000-000000000001"
ISSUER = f"https://sts.windows.net/{TENANT}/"
"""Azurite takes a token of any issuer that begins like this (Azurite's source, OAuth level basic)."""


def write(*, audience: str, client_id: str, issued_at: int, lifetime: int) -> str:
    """A token for `audience`, valid from `issued_at` (Unix seconds) for `lifetime` seconds."""
    claims = {
        "aud": audience,
        "iss": ISSUER,
        "tid": TENANT,
        "appid": client_id,
        "oid": client_id,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + lifetime,
    }
    return f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{_encode(claims)}."


def is_valid(token: str, *, audience: str, at: float) -> bool:
    """Whether a token is for `audience` (a slash at its end makes no difference) and valid at `at`."""
    try:
        claims = _decode(token.split(".")[1])
        for_us = str(claims["aud"]).rstrip("/") == audience.rstrip("/")
        return for_us and int(claims["nbf"]) <= at < int(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return False


def _encode(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _decode(part: str) -> dict[str, str | int]:
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not isinstance(claims, dict):
        raise ValueError("no claims")
    return claims
