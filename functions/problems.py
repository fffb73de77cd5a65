"""Errors as problems (RFC 9457): a stable type, and words a person can act on."""

import json
import logging
import re

import azure.functions as func

from shared.errors import (
    ActiveCampaignError,
    CallerError,
    ConfigurationError,
    SegmentExportError,
    StateConflict,
)

_log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


def problem(error: SegmentExportError) -> func.HttpResponse:
    """The answer for this error."""
    status = status_of(type(error))
    if status >= 500:
        _log.error("%s: %s", type(error).__name__, error)
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    content: dict[str, object] = {
        "type": f"urn:segment-export:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": str(error),
    }
    if isinstance(error, CallerError) and error.pointer is not None:
        content["pointer"] = error.pointer
    return func.HttpResponse(json.dumps(content), status_code=status, mimetype=MEDIA_TYPE)


def status_of(kind: type[SegmentExportError]) -> int:
    """The HTTP status of a kind of error."""
    if issubclass(kind, CallerError):
        return kind.status
    if issubclass(kind, ConfigurationError):
        return 500
    if issubclass(kind, ActiveCampaignError):
        return 502
    return 503 if kind.retryable or issubclass(kind, StateConflict) else 500
