"""Problem documents (RFC 9457): the stable type and the status of each error."""

import re
from collections.abc import Iterator

from pydantic import BaseModel, Field

from shared.errors import (
    ActiveCampaignError,
    CallerError,
    ConfigurationError,
    ConnectionInUse,
    SegmentError,
    SegmentExportError,
    StateConflict,
)

MEDIA_TYPE = "application/problem+json"
UNEXPECTED = "internal_error"
"""The code of what nobody foresaw."""
_PREFIX = "urn:segment-export:problem:"


class ProblemDocument(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(description="Stable: what programs decide by.")
    title: str = Field(description="The type in words.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What is wrong with this request, and what to do.")
    pointer: str | None = Field(
        default=None, description="The culprit in the body, as a JSON pointer (RFC 6901)."
    )
    exports: list[str] | None = Field(
        default=None, description="Ids of the exports that use the connection, where that is the reason."
    )


def problem_of(error: SegmentExportError) -> ProblemDocument:
    """The document for this error."""
    kind = type(error)
    return _document(code_of(kind), status_of(kind), str(error)).model_copy(
        update={
            "pointer": error.pointer if isinstance(error, CallerError) else None,
            "exports": list(error.exports) if isinstance(error, ConnectionInUse) else None,
        }
    )


def unexpected_problem() -> ProblemDocument:
    """For an exception that is none of ours; it tells nothing of it."""
    detail = (
        "this is a fault of the app, and its log says where; try again, and report it if it happens again"
    )
    return _document(UNEXPECTED, 500, detail)


def code_of(kind: type[SegmentExportError]) -> str:
    """The class's name in lower case with underscores."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def type_of(code: str) -> str:
    """The URI that stands for the code."""
    return f"{_PREFIX}{code}"


def status_of(kind: type[SegmentExportError]) -> int:
    """The HTTP status of a kind of error: 4xx the caller's, 500 the deployment's, 502 and 503 of others."""
    if issubclass(kind, CallerError):
        return kind.status
    if issubclass(kind, ConfigurationError):
        return 500
    if issubclass(kind, ActiveCampaignError):
        return 502
    if kind.retryable or issubclass(kind, StateConflict):
        return 503
    return 502 if issubclass(kind, SegmentError) else 500


def kinds(root: type[SegmentExportError] = SegmentExportError) -> Iterator[type[SegmentExportError]]:
    """A kind of error and all below it, from the top."""
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def _document(code: str, status: int, detail: str) -> ProblemDocument:
    return ProblemDocument(type=type_of(code), title=code.replace("_", " "), status=status, detail=detail)
