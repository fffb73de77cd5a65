"""Route templates and their constraints."""

import pytest

from tools.localhost.errors import HostError
from tools.localhost.functions import Binding, Function
from tools.localhost.routes import Routes


def function(route: str | None, *, name: str = "f", methods: list[str] | None = None) -> Function:
    options = {"route": route, "methods": methods}
    trigger = Binding(name="req", type="httpTrigger", options=options)
    return Function(name=name, id=name, trigger=trigger, outputs=(), metadata=None)


def parameters(route: str, path: str) -> dict[str, str] | None:
    found = Routes([function(route)], prefix="api").find("GET", f"/api/{path}")
    return None if found is None else dict(found[1])


@pytest.mark.parametrize(
    ("route", "path", "expected"),
    [
        ("a/{x}", "a/1", {"x": "1"}),
        ("a/{x}", "a", None),
        ("a/{x}", "a/1/2", None),
        ("a/{x}", "A/Some%20One", {"x": "Some One"}),
        ("a/{x}", "a/1%2F2", {"x": "1%2F2"}),
        ("a/{x}", "a/1/", {"x": "1"}),
        ("a/{x?}", "a", {}),
        ("a/{x?}", "a/1", {"x": "1"}),
        ("{x?}", "", {}),
        ("a/{*rest}", "a/1/2", {"rest": "1/2"}),
        ("a/{*rest}", "a", {}),
        ("{*rest}", "1/2", {"rest": "1/2"}),
        ("a/{x}-{y}.csv", "a/1-2.csv", {"x": "1", "y": "2"}),
        ("a/{x:int}", "a/-17", {"x": "-17"}),
        ("a/{x:int}", "a/17b", None),
        ("a/{x:int?}", "a", {}),
        ("a/{x:alpha}", "a/bc", {"x": "bc"}),
        ("a/{x:alpha}", "a/b1", None),
        (
            "a/{x:guid}",
            "a/0f8fad5b-d9cb-469f-a165-70867728950e",
            {"x": "0f8fad5b-d9cb-469f-a165-70867728950e"},
        ),
        ("a/{x:guid}", "a/0f8fad5b", None),
        ("a/{x:length(3)}", "a/abc", {"x": "abc"}),
        ("a/{x:length(3)}", "a/abcd", None),
        ("a/{x:length(1,3)}", "a/abcd", None),
        ("a/{x:minlength(2)}", "a/a", None),
        ("a/{x:maxlength(2)}", "a/abc", None),
        ("a/{x:regex(^[a-z]{{2}}$)}", "a/ab", {"x": "ab"}),
        ("a/{x:regex(^[a-z]{{2}}$)}", "a/abc", None),
        ("a/{x:alpha:length(2)}", "a/ab", {"x": "ab"}),
        ("a/{x:alpha:length(2)}", "a/a1", None),
    ],
)
def test_a_template_matches_what_it_says(route: str, path: str, expected: dict[str, str] | None) -> None:
    assert parameters(route, path) == expected


def test_a_function_without_a_route_answers_under_its_name() -> None:
    routes = Routes([function(None, name="hello")], prefix="api")

    assert routes.find("GET", "/api/hello") is not None
    assert routes.find("GET", "/hello") is None


def test_without_a_prefix_routes_begin_at_the_root() -> None:
    assert Routes([function("a")], prefix="").find("GET", "/a") is not None


def test_functions_share_a_path_by_their_methods() -> None:
    reader = function("a", name="reader", methods=["GET"])
    writer = function("a", name="writer", methods=["post"])
    routes = Routes([writer, reader], prefix="api")

    found = [routes.find(method, "/api/a") for method in ("GET", "POST", "PUT")]

    assert [None if each is None else each[0].name for each in found] == ["reader", "writer", None]


@pytest.mark.parametrize("route", ["{x:odd}", "{x:length}", "{x=1}", "{x", "x}", "{1}", "{x:regex(()}"])
def test_a_template_it_cannot_read_is_refused(route: str) -> None:
    with pytest.raises(HostError, match="function f"):
        Routes([function(route)], prefix="api")
