"""Bodies of requests: JSON without what parsers make different things of."""

import json
import math
from typing import Any

from pydantic_core import from_json

from shared.errors import BodyTooLarge, InvalidInput, UnsupportedMediaType

MAX_BYTES = 4 << 20
_JSON = ("application/json", "application/merge-patch+json")
_UNSAID = ("", "application/octet-stream", "application/x-www-form-urlencoded")
"""What clients say of bytes of which nobody told them more; the last one is curl's."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def check_media_type(header: str | None) -> None:
    """Raises UnsupportedMediaType where Content-Type says that the body is no JSON in UTF-8."""
    media_type, *parameters = (header or "").lower().split(";")
    if media_type.strip() not in (*_JSON, *_UNSAID):
        raise UnsupportedMediaType("Content-Type: the body must be application/json")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            raise UnsupportedMediaType("Content-Type: the charset of the body must be utf-8")


def checked_json(body: bytes) -> bytes:
    """The body, which means the same to everybody; `{}` for an empty one.

    Raises BodyTooLarge, and InvalidInput for what is no JSON in UTF-8, for NaN and for numbers beyond all
    bounds, for names that stand twice in one object and for halves of surrogate pairs: each parser makes
    something else of those (RFC 8259, sections 4, 6 and 8.2).
    """
    if len(body) > MAX_BYTES:
        raise BodyTooLarge(f"the body is larger than {MAX_BYTES >> 20} MiB; send it in parts", pointer="")
    text = body.removeprefix(_BYTE_ORDER_MARK).strip() or b"{}"
    try:
        from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise _refused(f"is not JSON in UTF-8: {error}") from error
    json.loads(text, object_pairs_hook=_names_once, parse_float=_finite)
    return text


def checked_object(body: bytes) -> dict[str, Any]:
    """The body where it is an object. Raises InvalidInput."""
    found = from_json(checked_json(body))
    if isinstance(found, dict):
        return found
    raise _refused("must be a JSON object with the fields to change")


def _names_once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused(f"has the field {twice!r} twice in one object; which is meant?")


def _finite(text: str) -> None:
    if not math.isfinite(float(text)):
        raise _refused(f"has the number {text:.20}, which is too large")


def _refused(what: str) -> InvalidInput:
    return InvalidInput(f"the body {what}", pointer="")
