"""Who may do what: one table for the whole HTTP contract.

Roles as in the original product: an Administrator may do everything; a Contributor manages and runs the
exports on connections that are shared with contributors; a Viewer looks.
"""

from dataclasses import dataclass

from shared.access.caller import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """The least role an operation needs."""

    role: Role
    only_shared: bool = False
    """Whether contributors may do it only on a connection that is shared with them."""


LOOK = Permission(role="Viewer")
CONTRIBUTE = Permission(role="Contributor")
MANAGE = Permission(role="Contributor", only_shared=True)
ADMINISTER = Permission(role="Administrator")

PERMISSIONS: dict[str, Permission] = {
    "show_health": LOOK,
    "show_openapi": LOOK,
    # connections; a contributor sees of them only name and type
    "show_consent": LOOK,
    "list_connections": CONTRIBUTE,
    "show_connection": MANAGE,
    "create_connection": ADMINISTER,
    "change_connection": ADMINISTER,
    "remove_connection": ADMINISTER,
    "test_connection": ADMINISTER,
    "list_lists": MANAGE,
    "list_fields": MANAGE,
    # segments
    "list_segments": LOOK,
    "show_segment": LOOK,
    # exports
    "list_exports": LOOK,
    "show_export": LOOK,
    "create_export": MANAGE,
    "validate_export": MANAGE,
    "preview_export": MANAGE,
    "change_export": MANAGE,
    "remove_export": MANAGE,
    "duplicate_export": MANAGE,
    "detach_export": MANAGE,
    "show_contact": MANAGE,
    # runs
    "start_run": MANAGE,
    "start_all_runs": CONTRIBUTE,
    "list_runs": LOOK,
    "show_run": LOOK,
    "show_rejections": LOOK,
    "cancel_run": MANAGE,
    "approve_run": MANAGE,
    "retry_run": MANAGE,
    # for all exports
    "show_schedule": LOOK,
    "change_schedule": ADMINISTER,
    "add_suppressions": ADMINISTER,
    "remove_suppressions": ADMINISTER,
}
"""By operation, which is the name of its function."""
