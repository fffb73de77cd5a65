"""A request for each operation that succeeds where the caller may make it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.runs.run import State
from tests.contract.world import PLAN, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What goes into the route's place, and what is sent with it."""

    path: str
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


type Asking = Callable[[World], Asked]


def _plain(path: str) -> Asking:
    return lambda world: Asked(path=path)


def _connection(rest: str = "") -> Asking:
    return lambda world: Asked(path=f"connections/{world.connection}{rest}")


def _export(rest: str = "", body: object = None) -> Asking:
    return lambda world: Asked(path=f"exports/{world.export}{rest}", body=body)


def _new_export(rest: str = "", body: object = None) -> Asking:
    return lambda world: Asked(path=f"exports/{world.new_export()}{rest}", body=body)


def _draft(path: str) -> Asking:
    return lambda world: Asked(path=path, body=world.draft)


def _run(state: State, rest: str = "", body: object = None) -> Asking:
    return lambda world: Asked(path=f"runs/{world.new_run(state)}{rest}", body=body)


def _version(of: Callable[[World], str], body: object = None) -> Asking:
    def asking(world: World) -> Asked:
        path = of(world)
        return Asked(path=path, body=body, headers=world.etag(path))

    return asking


ASKED: dict[str, Asking] = {
    "show_health": _plain("health"),
    "show_openapi": _plain("openapi.json"),
    "show_consent": _plain("consent"),
    "list_connections": _plain("connections"),
    "show_connection": _connection(),
    "create_connection": lambda world: Asked(path="connections", body=world.server.connection()),
    "change_connection": _version(
        lambda world: f"connections/{world.new_connection()}", {"display_name": "Changed"}
    ),
    "remove_connection": _version(lambda world: f"connections/{world.new_connection()}"),
    "test_connection": _connection("/test"),
    "list_lists": _connection("/lists"),
    "list_fields": _connection("/fields"),
    "list_segments": _plain("segments"),
    "show_segment": _plain("segments/Vip"),
    "list_exports": _plain("exports"),
    "show_export": _export(),
    "create_export": _draft("exports"),
    "validate_export": _draft("exports/validate"),
    "preview_export": _draft("exports/preview"),
    "change_export": _version(lambda world: f"exports/{world.new_export()}", {"name": "Changed"}),
    "remove_export": _version(lambda world: f"exports/{world.new_export()}"),
    "duplicate_export": _export("/duplicate", {}),
    "detach_export": _new_export("/detach"),
    "show_contact": _export("/contacts", {"email": "p1@example.com"}),
    "start_run": _new_export("/runs", {"dry_run": True}),
    "start_all_runs": _plain("runs"),
    "list_runs": _plain("runs"),
    "show_run": _run("queued"),
    "show_rejections": _run("successful", "/rejections"),
    "cancel_run": _run("queued", "/cancel"),
    "approve_run": _run("held", "/approve", {"plan": PLAN}),
    "retry_run": _run("failed", "/retry"),
    "show_schedule": _plain("schedule"),
    "change_schedule": _version(lambda world: "schedule", {"schedule": "off"}),
    "add_suppressions": lambda world: Asked(path="suppressions", body={"emails": ["p1@example.com"]}),
    "remove_suppressions": lambda world: Asked(
        path="suppressions/remove", body={"emails": ["p1@example.com"]}
    ),
}
"""By operation."""
