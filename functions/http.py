"""HTTP for all functions: who calls, JSON in and out, errors as problems (RFC 9457)."""

import functools
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import azure.functions as func
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.access.caller import Caller, Role, caller_of
from shared.errors import (
    ActiveCampaignError,
    CallerError,
    ConfigurationError,
    InvalidInput,
    PreconditionRequired,
    SegmentExportError,
    StateConflict,
)
from shared.input import invalid_input
from shared.wiring import Services, services

_log = logging.getLogger(__name__)
_PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request with everything a function needs to answer it."""

    request: func.HttpRequest
    caller: Caller
    services: Services

    def id(self, name: str = "id") -> str:
        """A part of the route."""
        return str(self.request.route_params[name])

    def body[T: BaseModel](self, model: type[T]) -> T:
        """The JSON body. Raises InvalidInput with a pointer to what is wrong."""
        try:
            return model.model_validate_json(self.request.get_body() or b"{}")
        except ValidationError as error:
            raise invalid_input(error) from error

    def merge_patch(self) -> dict[str, Any]:
        """The body as a JSON merge patch (RFC 7396). Raises InvalidInput unless it is an object."""
        try:
            patch = from_json(self.request.get_body())
        except ValueError as error:
            raise InvalidInput("the body is not JSON", pointer="") from error
        if not isinstance(patch, dict):
            raise InvalidInput("the body must be a JSON object with the fields to change", pointer="")
        return patch

    def etag(self) -> str:
        """The If-Match header. Raises PreconditionRequired without one."""
        if etag := self.request.headers.get("if-match"):
            return str(etag)
        raise PreconditionRequired("send If-Match with the ETag of what you read")


Handler = Callable[[Call], Awaitable[func.HttpResponse]]


def answering(
    role: Role,
) -> Callable[[Handler], Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]]:
    """Makes a handler an HTTP function for callers with at least this role."""

    def decorate(handler: Handler) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
        @functools.wraps(handler)
        async def answer(req: func.HttpRequest) -> func.HttpResponse:
            try:
                made = await services()
                caller = caller_of(req.headers, made.settings)
                caller.needs(role)
                return await handler(Call(request=req, caller=caller, services=made))
            except SegmentExportError as error:
                return problem(error)

        answer.__annotations__ = {"req": func.HttpRequest, "return": func.HttpResponse}
        del answer.__wrapped__  # the Functions loader would read the handler's signature instead
        return answer

    return decorate


def document(value: BaseModel, *, status: int = 200, **headers: str) -> func.HttpResponse:
    """A model as JSON; headers are given with underscores."""
    return func.HttpResponse(
        value.model_dump_json(exclude_none=True),
        status_code=status,
        headers={name.replace("_", "-"): text for name, text in headers.items()},
        mimetype="application/json",
    )


def problem(error: SegmentExportError) -> func.HttpResponse:
    """The error as RFC 9457 has it: a stable type, and words a person can act on."""
    status = _status(error)
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
    return func.HttpResponse(json.dumps(content), status_code=status, mimetype=_PROBLEM)


def _status(error: SegmentExportError) -> int:
    match error:
        case CallerError():
            return error.status
        case ConfigurationError():
            return 500
        case ActiveCampaignError():
            return 502
        case StateConflict():
            return 503
        case _:
            return 503 if error.retryable else 500
