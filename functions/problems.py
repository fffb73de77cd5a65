"""The edge of the app: whatever goes wrong behind it becomes a problem document (RFC 9457)."""

import logging
import traceback
from collections.abc import Awaitable, Mapping

import azure.functions as func

from shared.contract.problem import MEDIA_TYPE, ProblemDocument, problem_of, unexpected_problem
from shared.errors import RateLimited, SegmentExportError, Unavailable

_log = logging.getLogger(__name__)


async def guarded(answer: Awaitable[func.HttpResponse]) -> func.HttpResponse:
    """The answer, or the problem that stands for what was raised instead."""
    try:
        return await answer
    except SegmentExportError as error:
        return problem(error)
    except Exception as error:  # noqa: BLE001 - the very edge: the host would log values, and answer nothing
        _log.error("%s, raised by %s", type(error).__name__, _places(error))
        return _response(unexpected_problem(), {})


def problem(error: SegmentExportError) -> func.HttpResponse:
    """The answer for this error."""
    document = problem_of(error)
    if document.status >= 500:
        _log.error("%s: %s", type(error).__name__, error)
    return _response(document, _retry_after(error))


def _retry_after(error: SegmentExportError) -> dict[str, str]:
    wait = error.retry_after if isinstance(error, RateLimited | Unavailable) else None
    return {"Retry-After": f"{max(wait, 1):.0f}"} if wait else {}


def _response(document: ProblemDocument, headers: Mapping[str, str]) -> func.HttpResponse:
    return func.HttpResponse(
        document.model_dump_json(exclude_none=True),
        status_code=document.status,
        headers={"Cache-Control": "no-store", **headers},
        mimetype=MEDIA_TYPE,
    )


def _places(error: Exception) -> str:
    """Where it came from, innermost first; not the message, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    return ", called by ".join(
        f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames)
    )
