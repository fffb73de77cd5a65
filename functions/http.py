"""HTTP for all functions: a handler becomes a function of the platform and a line of the contract."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func
from pydantic import BaseModel

from functions.call import Call, refuse_the_unexpected
from functions.problems import guarded
from shared.access.caller import caller_of
from shared.access.permissions import PERMISSIONS, Permission
from shared.audit.audit import Change
from shared.contract.operation import Method, Operation
from shared.errors import SegmentExportError
from shared.wiring import services

__all__ = ["Answer", "Call", "Routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a handler gives back; `change` is what the audit log keeps."""

    value: BaseModel | bytes | None = None
    status: int | None = None
    """One of the operation's further statuses, where it is not its own."""
    etag: str | None = None
    location: str | None = None
    change: Change | None = None


type Handler = Callable[[Call], Awaitable[Answer]]
type Function = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


@dataclass(slots=True)
class Routes:
    """The HTTP functions of one module: for the platform, and for the OpenAPI document."""

    blueprint: func.Blueprint = field(default_factory=func.Blueprint)
    operations: list[Operation] = field(default_factory=list)

    def operation(
        self,
        method: Method,
        route: str,
        *,
        gives: type[BaseModel] | str | None,
        takes: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        status: int = 200,
        also: tuple[int, ...] = (),
        raises: tuple[type[SegmentExportError], ...] = (),
    ) -> Callable[[Handler], Any]:
        """Makes a handler the HTTP function for this method and route; its docstring is the summary."""

        def register(handler: Handler) -> Any:
            operation = Operation(
                name=handler.__name__,
                method=method,
                route=route,
                summary=(handler.__doc__ or "").strip(),
                takes=takes,
                query=query,
                gives=gives,
                status=status,
                also=also,
                raises=raises,
            )
            self.operations.append(operation)
            return self.blueprint.route(route=route, methods=[method])(_answering(operation, handler))

        return register


def _answering(operation: Operation, handler: Handler) -> Function:
    permission = PERMISSIONS[operation.name]

    @functools.wraps(handler)
    async def answer(req: func.HttpRequest) -> func.HttpResponse:
        return await guarded(_answered(operation, permission, handler, req))

    answer.__annotations__ = {"req": func.HttpRequest, "return": func.HttpResponse}
    del answer.__wrapped__  # the Functions loader would read the handler's signature instead
    return answer


async def _answered(
    operation: Operation, permission: Permission, handler: Handler, request: func.HttpRequest
) -> func.HttpResponse:
    made = await services()
    caller = caller_of(request.headers, made.settings)
    caller.needs(permission.role)
    refuse_the_unexpected(operation, request)
    answer = await handler(Call(request=request, caller=caller, permission=permission, services=made))
    if answer.change:
        await made.audit.note(operation.name, caller.shown_as, answer.change)
    return _response(operation, answer)


def _response(operation: Operation, answer: Answer) -> func.HttpResponse:
    headers = {"ETag": answer.etag, "Location": answer.location, "Cache-Control": "no-store"}
    value = answer.value
    return func.HttpResponse(
        value.model_dump_json(exclude_none=True) if isinstance(value, BaseModel) else value,
        status_code=answer.status or operation.status,
        headers={name: text for name, text in headers.items() if text},
        mimetype=operation.gives if isinstance(operation.gives, str) else "application/json",
        charset="utf-8",
    )
