"""What schemathesis makes up from the OpenAPI document, sent to every operation."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi.schemas import OpenApiSchema

from shared.contract.operation import Operation
from tests.contract.operations import OPERATIONS
from tests.contract.server import EXPORT, Server

# The deployment's thread uses the module while hypothesis watches it.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

WITH_INPUT = [
    each
    for each in OPERATIONS
    if (each.takes or each.query or each.parameters) and each.name != "validate_export"
]
"""Validating answers what is wrong with 200."""

checks.load_all_checks()
AS_DOCUMENTED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
AND_REFUSES = [*AS_DOCUMENTED, checks.negative_data_rejection]
BOUNDED = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # what is found is not made smaller: that may take minutes
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def schema(server: Server) -> OpenApiSchema:
    """The document as it is served."""
    document = server.send("GET", "openapi.json").json
    return schemathesis.openapi.from_dict(document)


def named(operation: Operation) -> str:
    return operation.name


def exercise(
    server: Server,
    operation: Any,
    mode: GenerationMode,
    wanted: list[Any],
    prepare: Callable[[Any], None] = lambda case: None,
) -> None:
    """Sends a dozen requests that the document allows, or does not, and checks the answers."""

    @BOUNDED
    @given(case=operation.as_strategy(mode))
    def check(case: Any) -> None:
        prepare(case)
        response = case.call(base_url=f"{server.url}/api", headers=server.key)
        assume(response.status_code != 400)  # the app has none: the URL was too long for the HTTP server
        case.validate_response(response, checks=wanted)

    check()


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_what_the_document_allows_is_answered_as_it_says(
    server: Server, schema: OpenApiSchema, operation: Operation
) -> None:
    exercise(server, schema.find_operation_by_id(operation.name), GenerationMode.POSITIVE, AS_DOCUMENTED)


@pytest.mark.parametrize("operation", WITH_INPUT, ids=named)
def test_what_the_document_does_not_allow_is_refused_as_it_says(
    server: Server, schema: OpenApiSchema, operation: Operation
) -> None:
    exercise(server, schema.find_operation_by_id(operation.name), GenerationMode.NEGATIVE, AND_REFUSES)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.parameters], ids=named)
def test_what_there_is_can_be_asked_and_changed_as_the_document_says(
    server: Server, schema: OpenApiSchema, operation: Operation
) -> None:
    home = operation.route.partition("/")[0]
    known = {"connections": new_connection, "exports": new_export, "runs": new_run, "segments": segment}[
        home
    ](server)

    def at_home(case: Any) -> None:
        case.path_parameters[operation.parameters[0]] = known
        if operation.wants_etag:
            shown = server.send("GET", f"{home}/{known}")
            case.headers["If-Match"] = shown.headers.get("etag", '"0x1"')

    exercise(
        server,
        schema.find_operation_by_id(operation.name),
        GenerationMode.POSITIVE,
        AS_DOCUMENTED,
        at_home,
    )


def new_connection(server: Server) -> str:
    """Its id; the account behind it answers."""
    return server.made("connections", server.connection())


def new_export(server: Server) -> str:
    """Its id."""
    return server.made("exports", EXPORT | {"schedule": "off"})


def new_run(server: Server) -> str:
    """Its id; it stays queued."""
    return server.made(f"exports/{new_export(server)}/runs")


def segment(server: Server) -> str:
    """The name of the only one."""
    return "Vip"
