"""A compiled template and a predicted deployment, as the tests look at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

type Json = dict[str, Any]


def templates(template: Json) -> Iterator[Json]:
    """The template and all that are nested in it."""
    yield template
    for resource in _resources(template):
        if nested := resource.get("properties", {}).get("template"):
            yield from templates(nested)


def resources(template: Json) -> Iterator[Json]:
    """What all of them declare, without what only exists already."""
    for each in templates(template):
        yield from (resource for resource in _resources(each) if not resource.get("existing"))


def members(value: Any) -> Iterator[tuple[str, Any]]:
    """Every name with its value, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a parameter file would deploy. Values known at run time only are still expressions: "[…]"."""

    document: Json

    @property
    def resources(self) -> list[Json]:
        """All of them."""
        return list(self.document["predictedResources"])

    def of(self, kind: str) -> list[Json]:
        """Those of one type, such as `Microsoft.Web/sites`, in whatever case."""
        return [each for each in self.resources if each["type"].lower() == kind.lower()]

    def one(self, kind: str) -> Json:
        """The only one of its type."""
        [found] = self.of(kind)
        return found

    def names(self, kind: str) -> set[str]:
        """The last part of each name."""
        return {each["name"].rpartition("/")[2] for each in self.of(kind)}

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the function app."""
        site = self.one("Microsoft.Web/sites")
        return {each["name"]: each["value"] for each in site["properties"]["siteConfig"]["appSettings"]}


def _resources(template: Json) -> list[Json]:
    declared = template.get("resources", [])
    return list(declared.values() if isinstance(declared, dict) else declared)
