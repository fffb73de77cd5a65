import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from shared.access.caller import Caller, Role, caller_of
from shared.errors import Forbidden, Unauthorized
from shared.settings import Settings

HEADER = "x-ms-client-principal"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
PLATFORM = Settings.from_env(
    {
        "SegmentStorage": "UseDevelopmentStorage=true",
        "StateStorage": "UseDevelopmentStorage=true",
        "KEY_VAULT_URI": "https://vault.vault.azure.net",
        "WEBSITE_AUTH_ENABLED": "true",
    }
)
RANKS: tuple[Role, ...] = ("Viewer", "Contributor", "Administrator")


def principal(*claims: tuple[str, str]) -> dict[str, str]:
    """The header as App Service authentication writes it."""
    document = {"auth_typ": "aad", "claims": [{"typ": kind, "val": value} for kind, value in claims]}
    return {HEADER: base64.b64encode(json.dumps(document).encode()).decode()}


@pytest.mark.parametrize("kind", ["roles", ROLE])
def test_the_role_is_an_app_role_by_its_short_or_its_long_name(kind: str) -> None:
    caller = caller_of(principal((kind, "Contributor"), ("preferred_username", "ann@example.com")), PLATFORM)

    assert caller == Caller(name="ann@example.com", role="Contributor")


def test_the_highest_of_several_roles_counts() -> None:
    caller = caller_of(principal(("roles", "Viewer"), ("roles", "Administrator")), PLATFORM)

    assert (caller.role, caller.name) == ("Administrator", "unknown")


OBJECT = "http://schemas.microsoft.com/identity/claims/objectidentifier"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        pytest.param(
            [("name", "Ann"), ("preferred_username", "ann@example.com")], "ann@example.com", id="both"
        ),
        pytest.param([("name", "Ann"), (OBJECT, "0f8f")], "Ann", id="a display name"),
        pytest.param([("azp", "7d2b"), ("oid", "0f8f")], "7d2b", id="a program"),
        pytest.param([("preferred_username", ""), (OBJECT, "0f8f")], "0f8f", id="nothing but an object"),
        pytest.param([("name", "Ann"), ("name", "Bob")], "Ann", id="the first of two"),
        pytest.param([], "unknown", id="nothing at all"),
    ],
)
def test_the_caller_is_named_by_the_claim_that_says_most(claims: list[tuple[str, str]], name: str) -> None:
    assert caller_of(principal(("roles", "Viewer"), *claims), PLATFORM).name == name


@pytest.mark.parametrize("claim", [("roles", "administrator"), ("roles", "Owner"), ("groups", "Viewer")])
def test_without_an_app_role_of_ours_the_caller_is_forbidden(claim: tuple[str, str]) -> None:
    with pytest.raises(Forbidden, match="app roles"):
        caller_of(principal(claim, ("name", "Ann")), PLATFORM)


@pytest.mark.parametrize("ours", range(3))
@pytest.mark.parametrize("needed", range(3))
def test_a_role_may_what_the_lower_ones_may(ours: int, needed: int) -> None:
    caller = Caller(name="ann", role=RANKS[ours])

    if ours >= needed:
        caller.needs(RANKS[needed])
    else:
        with pytest.raises(Forbidden, match=RANKS[needed]):
            caller.needs(RANKS[needed])


def test_a_forged_header_is_worth_nothing_where_the_platform_is_not_in_front() -> None:
    unprotected = replace(PLATFORM, platform_authentication=False)

    with pytest.raises(Unauthorized, match="App Service authentication"):
        caller_of(principal(("roles", "Administrator")), unprotected)


@pytest.mark.parametrize("platform", [True, False])
def test_the_holder_of_a_function_key_is_administrator_whatever_the_header_says(platform: bool) -> None:
    settings = replace(PLATFORM, authentication="function_key", platform_authentication=platform)

    caller = caller_of(principal(("roles", "Viewer"), ("name", "Ann")), settings)

    assert caller == Caller(name=None, role="Administrator")
    assert caller.shown_as == "function key"


def encoded(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "not base64!",
        "ünï",
        base64.b64encode(b"\xff\xfe").decode(),
        encoded([]),
        encoded("claims"),
        encoded({}),
        encoded({"claims": None}),
        encoded({"claims": ["roles"]}),
        encoded({"claims": [{"typ": "roles"}]}),
        encoded({"claims": [{"typ": None, "val": "Administrator"}]}),
    ],
)
def test_a_header_that_is_no_principal_means_that_nobody_is_signed_in(header: str) -> None:
    with pytest.raises(Unauthorized, match="sign in"):
        caller_of({HEADER: header}, PLATFORM)


def test_no_header_means_that_nobody_is_signed_in() -> None:
    with pytest.raises(Unauthorized, match="sign in"):
        caller_of({}, PLATFORM)
