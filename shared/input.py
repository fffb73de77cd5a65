"""What callers send: JSON against models, and patches."""

from typing import Any

from pydantic import ValidationError

from shared.errors import InvalidInput


def invalid_input(error: ValidationError) -> InvalidInput:
    """The first of pydantic's findings as ours; it never repeats the value itself."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    pointer = "".join(f"/{part}" for part in first["loc"])
    return InvalidInput(f"{pointer or 'the body'}: {first['msg']}", pointer=pointer)


def invalid_query(error: ValidationError) -> InvalidInput:
    """The first of pydantic's findings about query parameters as ours."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return InvalidInput(f"query parameter {'.'.join(map(str, first['loc']))}: {first['msg']}")


def merge_patch(document: Any, patch: Any) -> Any:
    """The document with a JSON merge patch applied (RFC 7396): null removes, objects merge."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
