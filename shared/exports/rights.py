"""Rights: what a caller may do with one export, told along with it."""

from typing import Literal

from shared.access.caller import Caller
from shared.access.permissions import PERMISSIONS
from shared.errors import Forbidden

Right = Literal["change", "run", "duplicate", "detach", "remove"]

_OPERATIONS: dict[Right, str] = {
    "change": "change_export",
    "run": "start_run",
    "duplicate": "duplicate_export",
    "detach": "detach_export",
    "remove": "remove_export",
}


def rights(caller: Caller, *, shared: bool) -> list[Right]:
    """In the order above; `shared` is whether contributors may use the export's connection, if it has one."""
    return [right for right, operation in _OPERATIONS.items() if _may(caller, operation, shared)]


def _may(caller: Caller, operation: str, shared: bool) -> bool:
    permission = PERMISSIONS[operation]
    try:
        caller.needs(permission.role)
    except Forbidden:
        return False
    return shared or caller.role != "Contributor" or not permission.only_shared
