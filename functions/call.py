"""HTTP: one request, and what may be read from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import azure.functions as func
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.access.caller import Caller
from shared.access.permissions import Permission
from shared.contract.bodies import check_media_type, checked_json, checked_object
from shared.contract.etags import etag_of
from shared.contract.operation import Operation
from shared.errors import Forbidden, InvalidInput, NotFound
from shared.ids import is_slug
from shared.input import invalid_input, invalid_query
from shared.wiring import Services

_OF_THE_HOST = ("code", "clientId")
"""Function keys in the query (Microsoft Learn, work with access keys in Azure Functions)."""


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
        """The JSON body; an empty one is `{}`. Raises InvalidInput with a pointer to what is wrong."""
        text = checked_json(self.request.get_body())
        try:
            return model.model_validate_json(text, strict=True)
        except ValidationError as error:
            raise invalid_input(error, from_json(text)) from error

    def query[T: BaseModel](self, model: type[T]) -> T:
        """The query parameters. Raises InvalidInput naming the one that is unknown or wrong."""
        try:
            return model.model_validate(_parameters(self.request))
        except ValidationError as error:
            raise invalid_query(error) from error

    def merge_patch(self) -> dict[str, Any]:
        """The body as a JSON merge patch (RFC 7396). Raises InvalidInput unless it is an object."""
        return checked_object(self.request.get_body())

    def etag(self) -> str:
        """The version that is to be changed (If-Match). Raises PreconditionRequired without one."""
        return etag_of(self.request.headers.get("if-match"))

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


def refuse_the_unexpected(operation: Operation, request: func.HttpRequest) -> None:
    """Raises InvalidInput for parameters and bodies of which the operation would take no notice."""
    if operation.query is None and (unknown := list(_parameters(request))):
        raise InvalidInput(f"query parameter {unknown[0]}: {operation.name} takes none")
    if operation.method == "GET":
        return
    if operation.takes:
        check_media_type(request.headers.get("content-type"))
    elif from_json(checked_json(request.get_body())) != {}:
        raise InvalidInput(f"the body: {operation.name} takes none", pointer="")


def _parameters(request: func.HttpRequest) -> Mapping[str, str]:
    return {name: text for name, text in request.params.items() if name not in _OF_THE_HOST}
