"""What an operation answers, as the OpenAPI document says it: each status, its headers and its body."""

from collections.abc import Iterable
from http import HTTPStatus

from shared.contract.operation import Operation
from shared.contract.patches import Schema
from shared.contract.problem import MEDIA_TYPE, UNEXPECTED, ProblemDocument, code_of, kinds, status_of
from shared.contract.schemas import Components, reference
from shared.errors import SegmentExportError

HEADERS: dict[str, Schema] = {
    "ETag": {
        "description": "The version, for those who may change it; send it as If-Match.",
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "Where the new document is.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
}
_UNEXPECTED = {UNEXPECTED: "A fault of the app itself."}


def responses(operation: Operation, components: Components, *, versioned: bool) -> dict[str, Schema]:
    """By status; `versioned` says whether what it gives is changed with If-Match."""
    found = {status: _refused(reasons) for status, reasons in _reasons(operation.refusals).items()}
    for status in (operation.status, *operation.also):
        refused = found.get(status, {"content": {}})
        given = _given(operation, status, components, versioned=versioned)
        found[status] = given | {"content": given["content"] | refused["content"]}
    return {str(status): found[status] for status in sorted(found)}


def _given(operation: Operation, status: int, components: Components, *, versioned: bool) -> Schema:
    names = [
        *(["ETag"] if status == 201 or (versioned and status == 200) else []),
        *(["Location"] if status == 201 else []),
    ]
    return {
        "description": HTTPStatus(status).phrase,
        **({"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names}} if names else {}),
        "content": _content(operation, components),
    }


def _content(operation: Operation, components: Components) -> Schema:
    if operation.gives is None:
        return {}
    if isinstance(operation.gives, str):
        kind = "object" if operation.gives == "application/json" else "string"
        return {operation.gives: {"schema": {"type": kind}}}
    return {"application/json": {"schema": reference(components.given(operation.gives))}}


def _reasons(refusals: Iterable[type[SegmentExportError]]) -> dict[int, dict[str, str]]:
    """By status: each code, and what it means."""
    found: dict[int, dict[str, str]] = {500: dict(_UNEXPECTED)}
    for refusal in refusals:
        for kind in kinds(refusal):
            meaning = (kind.__doc__ or "").partition("\n")[0]
            found.setdefault(status_of(kind), {})[code_of(kind)] = meaning
    return found


def _refused(reasons: dict[str, str]) -> Schema:
    return {
        "description": "\n\n".join(f"`{code}`: {meaning}" for code, meaning in reasons.items()),
        "content": {MEDIA_TYPE: {"schema": reference(ProblemDocument.__name__)}},
    }
