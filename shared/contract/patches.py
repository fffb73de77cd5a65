"""Schemas of merge patches (RFC 7396), derived from those of the documents they apply to."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

PREFIX = "#/components/schemas/"
_NULL: Schema = {"type": "null"}
_OF_A_WHOLE_DOCUMENT = ("properties", "required", "title")


def patch_schemas(name: str, components: Mapping[str, Schema]) -> dict[str, Schema]:
    """The schema of a patch of the component, and those of the components inside it that merge too.

    Every field may be left out; null removes one that the document does not need; objects merge, everything
    else is replaced as a whole.
    """
    made: dict[str, Schema] = {}
    _add(name, components, made)
    return made


def patch_name(name: str) -> str:
    """What the schema of a component's patch is called."""
    return f"{_plain(name)}Patch"


def _add(name: str, components: Mapping[str, Schema], made: dict[str, Schema]) -> None:
    if patch_name(name) in made:
        return
    schema = components[name]
    made[patch_name(name)] = patched = {
        key: value for key, value in schema.items() if key not in _OF_A_WHOLE_DOCUMENT
    }
    patched["description"] = f"A merge patch (RFC 7396) of {_plain(name)}."
    needed = schema.get("required", ())
    patched["properties"] = {
        field: _field(_merging(value, components, made), removable=field not in needed)
        for field, value in schema.get("properties", {}).items()
    }


def _merging(schema: Schema, components: Mapping[str, Schema], made: dict[str, Schema]) -> Schema:
    """The schema in which objects are patches of themselves."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_merging(choice, components, made) for choice in schema["anyOf"]]}
    if isinstance(values := schema.get("additionalProperties"), dict):
        return {**schema, "additionalProperties": _or_null(_merging(values, components, made))}
    name = str(schema.get("$ref", "")).removeprefix(PREFIX)
    if "properties" not in components.get(name, {}):
        return schema
    _add(name, components, made)
    return {**schema, "$ref": f"{PREFIX}{patch_name(name)}"}


def _field(schema: Schema, *, removable: bool) -> Schema:
    kept = {key: value for key, value in schema.items() if key != "default"}
    return _or_null(kept) if removable else kept


def _or_null(schema: Schema) -> Schema:
    if "anyOf" not in schema:
        return {"anyOf": [schema, _NULL]}
    choices = schema["anyOf"]
    return schema if _NULL in choices else {**schema, "anyOf": [*choices, _NULL]}


def _plain(name: str) -> str:
    return name.removesuffix("-Input")
