"""The table of permissions, walked through completely: every role, every operation, shared or not."""

from collections.abc import Iterator

import pytest

from shared.access.caller import Role
from shared.access.permissions import PERMISSIONS, Permission
from shared.contract.operation import Operation
from tests.contract.asked import ASKED
from tests.contract.operations import OPERATIONS
from tests.contract.server import IDLE, Reply, Server, serving
from tests.contract.world import World
from tests.principal import principal
from tools.azurite import Azurite

ROLES: tuple[Role, ...] = ("Viewer", "Contributor", "Administrator")
CHANGE_NOTHING = {"validate_export", "preview_export", "test_connection", "show_contact"}
"""Operations that are no GET only because they take a body, or make others be asked."""
SHARED = pytest.mark.parametrize("shared", [True, False], ids=["shared", "not shared"])


@pytest.fixture(scope="module")
def entra(azurite: Azurite) -> Iterator[Server]:
    """A deployment behind App Service authentication; without other words an administrator calls."""
    settings = {**IDLE, "AUTHENTICATION": "entra", "WEBSITE_AUTH_ENABLED": "True"}
    with serving(azurite, settings, principal("Administrator")) as running:
        yield running


@pytest.fixture(scope="module")
def worlds(entra: Server) -> dict[bool, World]:
    return {shared: World.of(entra, shared=shared) for shared in (True, False)}


def may(role: Role, permission: Permission, *, shared: bool) -> bool:
    """What the table says, reckoned apart from the app."""
    if ROLES.index(role) < ROLES.index(permission.role):
        return False
    return shared or role == "Administrator" or not permission.only_shared


def ask(world: World, operation: Operation, *roles: str, name: str = "ann@example.org") -> Reply:
    asked = ASKED[operation.name](world)
    headers = {**asked.headers, **principal(*roles, name=name)}
    return world.server.send(operation.method, asked.path, asked.body, headers)


@SHARED
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_role_may_what_the_table_says_and_leaves_a_line_where_it_changes_something(
    worlds: dict[bool, World], operation: Operation, role: Role, shared: bool
) -> None:
    name = f"{role}-{operation.name}-{shared}@example.org"

    reply = ask(worlds[shared], operation, role, name=name)

    allowed = may(role, PERMISSIONS[operation.name], shared=shared)
    changes = operation.method != "GET" and operation.name not in CHANGE_NOTHING
    lines = worlds[shared].server.audited(name) if operation.method != "GET" else []
    assert reply.status == (operation.status if allowed else 403), reply.content
    assert allowed or reply.json["type"] == "urn:segment-export:problem:forbidden"
    assert [line["operation"] for line in lines] == ([operation.name] if allowed and changes else [])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"x-ms-client-principal": ""}, 401, id="nobody signed in"),
        pytest.param(principal(), 403, id="no role"),
        pytest.param(principal("Owner", "administrator"), 403, id="roles of another app"),
    ],
)
def test_who_has_no_role_may_nothing(
    entra: Server, operation: Operation, headers: dict[str, str], status: int
) -> None:
    path = operation.route.replace("{id}", "main").replace("{name}", "Vip")

    reply = entra.send(operation.method, path, headers=headers)

    assert (reply.status, reply.is_problem) == (status, True)


def test_a_contributor_sees_of_a_connection_its_name_and_type(worlds: dict[bool, World]) -> None:
    world = worlds[True]

    shown = world.server.send("GET", f"connections/{world.connection}", headers=principal("Contributor"))
    listed = world.server.send("GET", "connections", headers=principal("Contributor"))

    wanted = {"id": world.connection, "display_name": "ActiveCampaign", "type": "activecampaign"}
    assert shown.json == wanted
    assert [each for each in listed.json["connections"] if each == wanted] == [wanted]
    assert worlds[False].connection not in [each["id"] for each in listed.json["connections"]]


def test_run_all_of_a_contributor_leaves_out_what_is_not_shared(worlds: dict[bool, World]) -> None:
    exports = {
        shared: world.server.made("exports", world.draft | {"schedule": "on_refresh"})
        for shared, world in worlds.items()
    }

    started = worlds[True].server.send("POST", "runs", headers=principal("Contributor")).json

    assert exports[True] in [run["export"] for run in started["started"]]
    assert exports[False] in [each["export"] for each in started["left_out"]]


def test_an_export_cannot_be_moved_to_a_connection_that_is_not_shared(worlds: dict[bool, World]) -> None:
    world = worlds[True]
    path = f"exports/{world.new_export()}"
    headers = world.etag(path) | principal("Contributor")

    reply = world.server.send("PATCH", path, {"connection": worlds[False].connection}, headers)

    assert reply.status == 403
    assert world.server.send("GET", path).json["connection"] == world.connection


def test_a_run_cannot_be_retried_over_a_connection_that_is_not_shared(worlds: dict[bool, World]) -> None:
    world = worlds[True]
    run = world.new_run("failed")
    path = f"exports/{world.server.send('GET', f'runs/{run}').json['export']}"
    moved = world.server.send("PATCH", path, {"connection": worlds[False].connection}, world.etag(path))

    reply = world.server.send("POST", f"runs/{run}/retry", headers=principal("Contributor"))

    assert (moved.status, reply.status) == (200, 403), (moved.content, reply.content)


def test_what_the_audit_log_keeps_of_a_connection_is_no_key(entra: Server) -> None:
    entra.made("connections", entra.connection())

    lines = entra.audited()

    assert [line for line in lines if line["operation"] == "create_connection"]
    assert entra.sandbox.api_key not in str(lines)
