"""The OpenAPI document as it is served."""

import pkgutil
from importlib import import_module
from typing import Any

import pytest
from openapi_spec_validator import validate

import functions
from functions.http import Routes
from shared.access.permissions import PERMISSIONS
from shared.contract.operation import Operation
from tests.contract.server import Server


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    served: dict[str, Any] = server.send("GET", "openapi.json").json
    return served


def described(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Method and path of each operation."""
    return {
        each["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    }


def in_modules() -> dict[str, Operation]:
    """The operations of all modules of functions, whether or not the app registers them."""
    modules = [import_module(f"functions.{found.name}") for found in pkgutil.iter_modules(functions.__path__)]
    routes = [module.routes for module in modules if isinstance(getattr(module, "routes", None), Routes)]
    return {each.name: each for one in routes for each in one.operations}


def test_a_public_validator_finds_nothing_wrong(document: dict[str, Any]) -> None:
    validate(document)


def test_it_describes_every_operation_of_every_module_and_itself(document: dict[str, Any]) -> None:
    wanted = {name: (each.method, f"/{each.route}") for name, each in in_modules().items()}

    assert described(document) == wanted | {"show_openapi": ("GET", "/openapi.json")}


def test_the_table_of_permissions_has_every_operation_and_no_other(document: dict[str, Any]) -> None:
    assert set(PERMISSIONS) == set(described(document))


def test_it_describes_every_http_function_of_the_app(server: Server, document: dict[str, Any]) -> None:
    http = {
        function.name
        for function in server.deployment.host.functions
        if function.trigger.type == "httpTrigger"
    }

    assert http == set(described(document))


def test_schemas_are_named_by_one_word_each(document: dict[str, Any]) -> None:
    names = document["components"]["schemas"]

    assert [name for name in names if "__" in name] == []


def test_every_schema_and_every_operation_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    operations = [each for methods in document["paths"].values() for each in methods.values()]

    assert [
        name for name, schema in schemas.items() if "properties" in schema and not schema.get("description")
    ] == []
    assert [each["operationId"] for each in operations if not each["summary"].endswith(".")] == []


def test_no_address_stands_in_a_url(document: dict[str, Any]) -> None:
    named = [
        parameter["name"]
        for methods in document["paths"].values()
        for each in methods.values()
        for parameter in each.get("parameters", ())
        if parameter["in"] in ("path", "query")
    ]

    assert [name for name in named if "mail" in name or "address" in name] == []
