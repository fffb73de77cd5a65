"""HTTP: the contract itself, as an OpenAPI document."""

import functools
import json
from collections.abc import Sequence

from functions.http import Answer, Call, Routes
from shared.access.permissions import PERMISSIONS
from shared.contract.document import openapi_document


def describing(others: Sequence[Routes]) -> Routes:
    """The routes that describe these routes, and themselves."""
    routes = Routes()

    @functools.cache
    def document() -> bytes:
        operations = [operation for each in (*others, routes) for operation in each.operations]
        return json.dumps(openapi_document(operations, PERMISSIONS), ensure_ascii=False).encode()

    @routes.operation("GET", "openapi.json", gives="application/json")
    async def show_openapi(call: Call) -> Answer:
        """This document: every operation, what it takes and gives, and why it may refuse."""
        return Answer(value=document())

    return routes
