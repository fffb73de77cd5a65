"""The OpenAPI document, made from the operations, their models and the table of permissions.

Source: OpenAPI Specification 3.1.1, section 4.8.
"""

from collections.abc import Mapping, Sequence

from shared.access.permissions import Permission
from shared.contract.operation import Operation
from shared.contract.patches import Schema, patch_schemas
from shared.contract.problem import UNEXPECTED, ProblemDocument, code_of, kinds, type_of
from shared.contract.requests import parameters, request_body
from shared.contract.responses import HEADERS, responses
from shared.contract.schemas import Components, Use, components_of

VERSION = "0.1.0"
_DESCRIPTION = (
    "Brings segments of Dynamics 365 Customer Insights into lists of ActiveCampaign. JSON in and out; fields "
    "without a value are left out of answers. Errors are problem documents (RFC 9457). Times are UTC "
    "(RFC 3339)."
)
_SECURITY: dict[str, Schema] = {
    "function_key": {
        "type": "apiKey",
        "in": "header",
        "name": "x-functions-key",
        "description": "With AUTHENTICATION=function_key. Its holder acts as Administrator; without one the "
        "platform itself answers 401, with an empty body.",
    },
    "entra": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "With AUTHENTICATION=entra: a sign-in with Entra ID. App roles are the roles.",
    },
}


def openapi_document(
    operations: Sequence[Operation], permissions: Mapping[str, Permission]
) -> dict[str, object]:
    """The whole document; its paths are those below `/api`."""
    components = components_of(_uses(operations))
    return {
        "openapi": "3.1.1",
        "info": {"title": "Segment Export", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": "/api"}],
        "security": [{scheme: []} for scheme in _SECURITY],
        "paths": _paths(operations, permissions, components),
        "components": {
            "schemas": _schemas(operations, components),
            "headers": HEADERS,
            "securitySchemes": _SECURITY,
        },
    }


def _uses(operations: Sequence[Operation]) -> list[Use]:
    uses: list[Use] = [(ProblemDocument, "serialization")]
    for operation in operations:
        if operation.takes:
            uses.append((operation.takes, "validation"))
        if isinstance(operation.gives, type):
            uses.append((operation.gives, "serialization"))
    return uses


def _paths(
    operations: Sequence[Operation], permissions: Mapping[str, Permission], components: Components
) -> dict[str, Schema]:
    versioned = {operation.route for operation in operations if operation.wants_etag}
    paths: dict[str, Schema] = {}
    for operation in sorted(operations, key=lambda operation: operation.route):
        described = _operation(operation, permissions[operation.name], components) | {
            "responses": responses(operation, components, versioned=operation.route in versioned)
        }
        paths.setdefault(f"/{operation.route}", {})[operation.method.lower()] = described
    return paths


def _operation(operation: Operation, permission: Permission, components: Components) -> Schema:
    summary, _, more = operation.summary.partition("\n")
    described: Schema = {
        "operationId": operation.name,
        "tags": [operation.route.partition("/")[0]],
        "summary": summary.strip(),
        "description": "\n\n".join(part for part in (more.strip(), _who(permission)) if part),
    }
    if found := parameters(operation):
        described["parameters"] = found
    if operation.takes:
        described["requestBody"] = request_body(operation, operation.takes, components)
    return described


def _who(permission: Permission) -> str:
    role = f"Needs the role {permission.role}."
    shared = " Contributors need a connection that is shared with them."
    return role + shared if permission.only_shared else role


def _schemas(operations: Sequence[Operation], components: Components) -> dict[str, Schema]:
    schemas = dict(components.schemas)
    for operation in operations:
        if operation.method == "PATCH" and operation.takes:
            schemas |= patch_schemas(components.taken(operation.takes), components.schemas)
    schemas[ProblemDocument.__name__]["properties"]["type"]["enum"] = [
        type_of(code) for code in (UNEXPECTED, *map(code_of, kinds()))
    ]
    return dict(sorted(schemas.items()))
