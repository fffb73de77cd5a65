"""HTTP for all functions: who calls, JSON in and out, what an operation takes, gives and raises."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import azure.functions as func
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from functions.problems import problem
from shared.access.caller import Caller, caller_of
from shared.access.permissions import PERMISSIONS, Permission
from shared.audit.audit import Change
from shared.errors import Forbidden, InvalidInput, NotFound, PreconditionRequired, SegmentExportError
from shared.ids import is_slug
from shared.input import invalid_input, invalid_query
from shared.wiring import Services, services

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request with everything a function needs to answer it."""

    request: func.HttpRequest
    caller: Caller
    permission: Permission
    services: Services

    def id(self, name: str = "id") -> str:
        """A part of the route. Raises NotFound for what can be no id."""
        text = str(self.request.route_params[name])
        if not is_slug(text):
            raise NotFound("nothing has this id; ids are lower-case letters, digits and hyphens")
        return text

    def body[T: BaseModel](self, model: type[T]) -> T:
        """The JSON body. Raises InvalidInput with a pointer to what is wrong."""
        try:
            return model.model_validate_json(self.request.get_body() or b"{}")
        except ValidationError as error:
            raise invalid_input(error) from error

    def query[T: BaseModel](self, model: type[T]) -> T:
        """The query parameters. Raises InvalidInput naming the one that is unknown or wrong."""
        given = {name: text for name, text in self.request.params.items() if name != "code"}
        try:
            return model.model_validate(given)
        except ValidationError as error:
            raise invalid_query(error) from error

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

    async def may_use(self, connection: str | None) -> None:
        """Raises Forbidden where a contributor needs a shared connection for this, and it is not shared."""
        if connection is None or self.caller.role != "Contributor" or not self.permission.only_shared:
            return
        found = await self.services.connections.get(connection)
        if not found.value.allow_contributors:
            raise Forbidden(
                f"the connection {connection!r} is not shared with contributors; ask an administrator to "
                "share it"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a handler gives back; `change` is what the audit log keeps."""

    value: BaseModel | bytes | None = None
    status: int | None = None
    """Where it differs from the operation's own."""
    etag: str | None = None
    location: str | None = None
    change: Change | None = None


type Handler = Callable[[Call], Awaitable[Answer]]
type Function = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One line of the HTTP contract."""

    name: str
    """Its function, and its line in the table of permissions."""
    method: Method
    route: str
    summary: str
    takes: type[BaseModel] | None
    """The body, if there is one; for PATCH the document that the merge patch applies to."""
    query: type[BaseModel] | None
    gives: type[BaseModel] | str | None
    """The answer's model, its media type where it is no JSON, or None for an empty one."""
    status: int
    raises: tuple[type[SegmentExportError], ...]
    """Beside what every operation may raise."""


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
                raises=raises,
            )
            self.operations.append(operation)
            return self.blueprint.route(route=route, methods=[method])(_answering(operation, handler))

        return register


def _answering(operation: Operation, handler: Handler) -> Function:
    permission = PERMISSIONS[operation.name]

    @functools.wraps(handler)
    async def answer(req: func.HttpRequest) -> func.HttpResponse:
        try:
            made = await services()
            caller = caller_of(req.headers, made.settings)
            caller.needs(permission.role)
            answered = await handler(Call(request=req, caller=caller, permission=permission, services=made))
            if answered.change:
                await made.audit.note(operation.name, caller.shown_as, answered.change)
            return _response(operation, answered)
        except SegmentExportError as error:
            return problem(error)

    answer.__annotations__ = {"req": func.HttpRequest, "return": func.HttpResponse}
    del answer.__wrapped__  # the Functions loader would read the handler's signature instead
    return answer


def _response(operation: Operation, answer: Answer) -> func.HttpResponse:
    headers = {"ETag": answer.etag, "Location": answer.location}
    value = answer.value
    return func.HttpResponse(
        value.model_dump_json(exclude_none=True) if isinstance(value, BaseModel) else value,
        status_code=answer.status or operation.status,
        headers={name: text for name, text in headers.items() if text},
        mimetype=operation.gives if isinstance(operation.gives, str) else "application/json",
        charset="utf-8",
    )
