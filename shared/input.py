"""What callers send: JSON against models, and patches."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.errors import InvalidInput
from shared.excerpts import excerpt

_Location = Sequence[int | str]
_PLAINLY = {
    "Extra inputs are not permitted": "there is no such field or parameter; leave it out or correct its name",
    "Field required": "it is required, and missing",
}
"""Where pydantic's own words are for its users."""


def invalid_input(error: ValidationError, document: Any = None) -> InvalidInput:
    """The deepest of pydantic's findings as ours; it never repeats the value itself.

    With the document that was checked, the pointer has only what stands in it: pydantic's locations also name
    the alternatives it tried. The deepest finding is that of the alternative which was meant.
    """
    path, finding = max(
        ((_path(finding, document), finding) for finding in _findings(error)), key=lambda found: len(found[0])
    )
    pointer = "".join(f"/{_escaped(part)}" for part in path)
    return InvalidInput(f"{pointer or 'the body'}: {in_words(finding)}", pointer=pointer)


def invalid_query(error: ValidationError) -> InvalidInput:
    """The first of pydantic's findings about query parameters as ours."""
    first = _findings(error)[0]
    name = excerpt(str(first["loc"][0])) if first["loc"] else "?"
    return InvalidInput(f"query parameter {name}: {in_words(first)}")


def in_words(finding: ErrorDetails) -> str:
    """What pydantic found, for people who send JSON."""
    return _PLAINLY.get(finding["msg"]) or finding["msg"].removeprefix("Value error, ")


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


def _findings(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False, include_context=False)


def _path(finding: ErrorDetails, document: Any) -> _Location:
    location = finding["loc"]
    if document is None:
        return location
    path = [*_followed(location, document)]
    return [*path, location[-1]] if finding["type"] == "missing" else path


def _followed(location: _Location, document: Any) -> Sequence[int | str]:
    path = list[int | str]()
    for part in location:
        inside = isinstance(document, dict) and part in document
        if inside or (isinstance(document, list) and isinstance(part, int) and part < len(document)):
            path.append(part)
            document = document[part]
    return path


def _escaped(part: int | str) -> str:
    """As RFC 6901, section 3 wants it; the name of an unknown field may have any length."""
    return excerpt(str(part)).replace("~", "~0").replace("/", "~1")
