"""Route templates of HTTP functions: the part of ASP.NET's that people use.

Source: Microsoft Learn, "Routing in ASP.NET Core", route templates and route constraints.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from tools.localhost.errors import HostError
from tools.localhost.functions import Function

PARAMETER = re.compile(r"(\*{0,2})([A-Za-z_]\w*)((?::[A-Za-z]+(?:\(.*?\))?(?=[:?]|$))*)(\??)")
CONSTRAINT = re.compile(r":([A-Za-z]+)(?:\((.*?)\))?(?=:|$)")
PLACE = re.compile(r"\{((?:[^{}]|\{\{|\}\})+)\}(?!\})")
PATTERNS = {
    "int": r"[+-]?\d{1,10}",
    "long": r"[+-]?\d{1,19}",
    "alpha": r"[A-Za-z]+",
    "bool": r"true|false",
    "guid": r"\{?[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}\}?",
}
LENGTHS = {"length": "{{{}}}", "minlength": "{{{},}}", "maxlength": "{{0,{}}}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where one HTTP function answers; no methods means all of them."""

    function: Function
    methods: frozenset[str]
    pattern: re.Pattern[str]
    constraints: tuple[tuple[str, re.Pattern[str]], ...]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The route's parameters (those left out are missing), None where it does not match."""
        if self.methods and method not in self.methods:
            return None
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        values = {name: value for name, value in found.groupdict().items() if value is not None}
        fits = all(wanted.search(values[name]) for name, wanted in self.constraints if name in values)
        return values if fits else None


class Routes:
    """All routes of the app: the first that matches wins, in alphabetical order of the functions' names."""

    def __init__(self, functions: list[Function], *, prefix: str) -> None:
        ordered = sorted(functions, key=lambda function: function.name)
        self._routes = [read_route(function, prefix=prefix) for function in ordered]

    def find(self, method: str, raw_path: str) -> tuple[Function, Mapping[str, str]] | None:
        """The function that answers for the path (as on the wire, percent-encoded), and its parameters."""
        path = unquote(re.sub("%2f", "%252F", raw_path, flags=re.IGNORECASE)).strip("/")
        for route in self._routes:
            parameters = route.match(method, path)
            if parameters is not None:
                return route.function, parameters
        return None


def read_route(function: Function, *, prefix: str) -> Route:
    """Read the function's route template and methods; raises HostError for a form this host does not have."""
    template = function.trigger.text("route") or function.name
    template = f"{prefix}/{template.strip('/')}".strip("/")
    pattern, end = "", 0
    constraints: list[tuple[str, re.Pattern[str]]] = []
    for place in PLACE.finditer(template):
        stars, name, wanted, optional = _parameter(function, place[1])
        pattern += _pattern(_literal(function, template[end : place.start()]), name, stars, optional)
        constraints += [(name, _constraint(function, *each.groups())) for each in CONSTRAINT.finditer(wanted)]
        end = place.end()
    return Route(
        function=function,
        methods=frozenset(str(method).upper() for method in function.trigger.options.get("methods") or ()),
        pattern=re.compile(pattern + _literal(function, template[end:]), re.IGNORECASE),
        constraints=tuple(constraints),
    )


def _parameter(function: Function, text: str) -> tuple[str, ...]:
    parameter = PARAMETER.fullmatch(text)
    if parameter is None:
        raise HostError(f"function {function.name}: the local host cannot read {{{text}}} in its route")
    return parameter.groups()


def _pattern(before: str, name: str, stars: str, optional: str) -> str:
    value = ".*" if stars else "[^/]+"
    if before.endswith("/") and (stars or optional):
        return f"{before.removesuffix('/')}(?:/(?P<{name}>{value}))?"
    return f"{before}(?P<{name}>{value}){'?' if optional else ''}"


def _literal(function: Function, text: str) -> str:
    if "{" in text or "}" in text:
        raise HostError(f"function {function.name}: braces do not match in its route")
    return re.escape(text)


def _constraint(function: Function, name: str, argument: str | None) -> re.Pattern[str]:
    if name in PATTERNS and argument is None:
        text = rf"\A(?:{PATTERNS[name]})\Z"
    elif name in LENGTHS and argument:
        text = rf"\A.{LENGTHS[name].format(argument.replace(' ', ''))}\Z"
    elif name == "regex" and argument:
        text = argument.replace("{{", "{").replace("}}", "}")
    else:
        raise HostError(f"function {function.name}: the local host has no route constraint :{name}")
    try:
        return re.compile(text, re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise HostError(
            f"function {function.name}: the constraint :{name} in its route is wrong: {error}"
        ) from error
