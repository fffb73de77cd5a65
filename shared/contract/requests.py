"""What an operation takes, as the OpenAPI document says it: parameters and body."""

from collections.abc import Iterator

from pydantic import BaseModel

from shared.contract.operation import Operation
from shared.contract.patches import Schema, patch_name
from shared.contract.schemas import Components, reference
from shared.ids import SLUG

_JSON = ("application/json",)
_MERGE_PATCH = ("application/merge-patch+json", "application/json")
_ETAG: Schema = {"type": "string", "pattern": '^"[!#-~]{1,100}"$'}


def parameters(operation: Operation) -> list[Schema]:
    """Of the route, of the query, and If-Match where a version is changed."""
    in_route = [_in_route(name) for name in operation.parameters]
    return [*in_route, *_in_query(operation.query), *_in_headers(operation)]


def request_body(operation: Operation, model: type[BaseModel], components: Components) -> Schema:
    """The body; it may be left out where the model needs nothing."""
    name = components.taken(model)
    patches = operation.method == "PATCH"
    content = {"schema": reference(patch_name(name) if patches else name)}
    required = patches or "required" in components.schemas[name]
    return {
        "required": required,
        "content": dict.fromkeys(_MERGE_PATCH if patches else _JSON, content),
    }


def _in_route(name: str) -> Schema:
    slug = {"type": "string", "pattern": f"^{SLUG}$"}
    text = {"type": "string", "minLength": 1, "maxLength": 256}
    return {"name": name, "in": "path", "required": True, "schema": slug if name == "id" else text}


def _in_query(model: type[BaseModel] | None) -> Iterator[Schema]:
    """A parameter for each field; these models have neither nested objects nor fields that must be given."""
    if model is None:
        return
    for name, schema in model.model_json_schema()["properties"].items():
        described = {key: schema[key] for key in ("description",) if key in schema}
        kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
        if kept.get("default", ...) is None:
            del kept["default"]
        described["schema"] = _not_null(kept)
        if described["schema"].get("type") == "array":
            described["explode"] = False  # values separated by commas
        yield {"name": name, "in": "query", **described}


def _in_headers(operation: Operation) -> Iterator[Schema]:
    """If-Match; what PUT makes for the first time has no version yet."""
    if operation.wants_etag:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": operation.method != "PUT",
            "description": "The ETag of what was read; 412 where somebody else changed it since.",
            "schema": _ETAG,
        }


def _not_null(schema: Schema) -> Schema:
    choices: list[Schema] = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(choices) == 1:
        return choices[0] | rest
    return {"anyOf": choices, **rest} if choices else rest
