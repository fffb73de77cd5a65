import pytest

from shared.access.caller import Caller, Role
from shared.exports.rights import Right, rights

ALL: list[Right] = ["change", "run", "duplicate", "detach", "remove"]


@pytest.mark.parametrize(
    ("role", "shared", "may"),
    [
        ("Viewer", True, []),
        ("Viewer", False, []),
        ("Contributor", True, ALL),
        ("Contributor", False, []),
        ("Administrator", True, ALL),
        ("Administrator", False, ALL),
    ],
)
def test_contributors_manage_what_is_on_a_shared_connection(
    role: Role, shared: bool, may: list[Right]
) -> None:
    assert rights(Caller(name="Ann", role=role), shared=shared) == may
