"""Who is calling."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.errors import Forbidden, Unauthorized
from shared.settings import Settings

Role = Literal["Administrator", "Contributor", "Viewer"]
_RANK: dict[Role, int] = {"Viewer": 1, "Contributor": 2, "Administrator": 3}
_HEADER = "x-ms-client-principal"
_NAMES = ("preferred_username", "upn", "name", "appid", "azp", "oid", "objectidentifier")
"""Claims that say who it is, the best first; programs that sign in as themselves have only the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller's name and role; `name` is None for the holder of a function key."""

    name: str | None
    role: Role

    @property
    def shown_as(self) -> str:
        """How records name the caller."""
        return self.name or "function key"

    def needs(self, role: Role) -> None:
        """Raises Forbidden unless the caller has at least this role."""
        if _RANK[self.role] < _RANK[role]:
            raise Forbidden(f"this needs the role {role}; you have {self.role}")


def caller_of(headers: Mapping[str, str], settings: Settings) -> Caller:
    """With `function_key` whoever has the key is Administrator, and no header is believed.

    With `entra` the platform checked the sign-in and wrote the header (App Service authentication, access
    user identities). Raises Unauthorized where the platform is not in front or nobody signed in, Forbidden
    where the caller holds none of the app roles.
    """
    if settings.authentication == "function_key":
        return Caller(name=None, role="Administrator")
    if not settings.platform_authentication:
        raise Unauthorized(
            "App Service authentication is not in front of this app, so nobody can be believed; turn it on, "
            "or set AUTHENTICATION to function_key"
        )
    claims = _claims(headers.get(_HEADER, ""))
    roles: list[Role] = [role for role in _RANK if ("roles", role) in claims]
    if not roles:
        raise Forbidden(
            "you have none of the app roles Administrator, Contributor, Viewer; ask an administrator of the "
            "Entra application to assign one"
        )
    return Caller(name=_name(claims), role=max(roles, key=_RANK.__getitem__))


def _claims(header: str) -> list[tuple[str, str]]:
    try:
        principal = json.loads(base64.b64decode(header, validate=True))
        return [(_short(claim["typ"]), str(claim["val"])) for claim in principal["claims"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unauthorized("nobody is signed in; sign in with Entra ID") from error


def _name(claims: list[tuple[str, str]]) -> str:
    known = {kind: value for kind, value in reversed(claims) if value}
    return next((known[kind] for kind in _NAMES if kind in known), "unknown")


def _short(kind: str) -> str:
    return "roles" if kind.endswith("/claims/role") else kind.rpartition("/")[2]
