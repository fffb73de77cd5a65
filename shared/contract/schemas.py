"""JSON schemas of the models that cross HTTP, as components of the OpenAPI document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema

from shared.contract.patches import PREFIX, Schema

type Use = tuple[type[BaseModel], JsonSchemaMode]
"""A model as it is taken ("validation") or given ("serialization")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """All schemas by name, and the names by use."""

    names: Mapping[Use, str]
    schemas: Mapping[str, Schema]

    def taken(self, model: type[BaseModel]) -> str:
        """The name of the schema of what is taken."""
        return self.names[model, "validation"]

    def given(self, model: type[BaseModel]) -> str:
        """The name of the schema of what is given."""
        return self.names[model, "serialization"]


def components_of(uses: Iterable[Use]) -> Components:
    """The components that these uses need."""
    wanted = list(dict.fromkeys(uses))
    references, document = models_json_schema(
        wanted, ref_template=f"{PREFIX}{{model}}", schema_generator=_AsSent
    )
    names = {use: _short(str(references[use]["$ref"]).removeprefix(PREFIX)) for use in wanted}
    schemas = {_short(name): _with_short_names(schema) for name, schema in document.get("$defs", {}).items()}
    return Components(names=names, schemas=schemas)


def reference(name: str) -> Schema:
    """To the component of this name."""
    return {"$ref": f"{PREFIX}{name}"}


def _short(name: str) -> str:
    """Pydantic puts the module before the name where two models share one; the package says enough."""
    parts = name.split("__")
    return name if len(parts) == 1 else f"{parts[1].removesuffix('s').title()}{parts[-1]}"


def _with_short_names(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_with_short_names(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{PREFIX}{_short(value.removeprefix(PREFIX))}"
        if isinstance(value, str) and value.startswith(PREFIX)
        else _with_short_names(value)
        for key, value in schema.items()
    }


class _AsSent(GenerateJsonSchema):
    """Answers leave out what is null. Titles would only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        if self.mode == "serialization":
            return self.generate_inner(schema["schema"])
        return super().nullable_schema(schema)

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        if self.mode == "serialization":
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def field_is_required(self, field: Any, total: bool) -> bool:
        if self.mode == "serialization":
            return not _may_be_null(field["schema"])
        return super().field_is_required(field, total)


def _may_be_null(schema: Mapping[str, Any]) -> bool:
    if schema["type"] in ("nullable", "none"):
        return True
    inner = schema.get("schema")
    return inner is not None and _may_be_null(inner)
