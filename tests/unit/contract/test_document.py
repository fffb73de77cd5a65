import tomllib
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel, ConfigDict, Field, create_model

from shared.access.permissions import Permission
from shared.contract.document import VERSION, openapi_document
from shared.contract.operation import Operation
from shared.errors import ActiveCampaignError, Conflict, PreconditionFailed, PreconditionRequired
from tools.local import ROOT

OPEN = Permission(role="Viewer")
SHARED = Permission(role="Contributor", only_shared=True)


class Size(BaseModel):
    """How large."""

    inches: int = 28


class BicycleInput(BaseModel):
    """A new bicycle."""

    model_config = ConfigDict(extra="forbid")

    name: str
    size: Size = Size()
    gears: int | None = None


class Bicycle(BicycleInput):
    """A bicycle."""

    id: str


class Wish(BaseModel):
    """What may be asked, and needs not."""

    colour: str | None = None


class Search(BaseModel):
    """Which bicycles."""

    limit: int = Field(default=20, ge=1, le=100, description="At most so many")
    name: str | None = None


def operation(name: str, method: Any, route: str, **more: Any) -> Operation:
    given = {"takes": None, "query": None, "gives": Bicycle, "status": 200, "summary": f"{name} does it."}
    return Operation(name=name, method=method, route=route, **(given | more))


CHANGES = (PreconditionRequired, PreconditionFailed)
OPERATIONS = [
    operation("make", "POST", "bicycles", takes=BicycleInput, status=201, raises=(Conflict,)),
    operation("find", "GET", "bicycles", query=Search),
    operation("show", "GET", "bicycles/{id}", summary="Shows one.\n\nWith its size."),
    operation("change", "PATCH", "bicycles/{id}", takes=BicycleInput, raises=CHANGES),
    operation("drop", "DELETE", "bicycles/{id}", gives=None, status=204, raises=CHANGES),
    operation("ride", "POST", "bicycles/{id}/rides", takes=Wish, status=202, raises=(ActiveCampaignError,)),
    operation("track", "GET", "rides/{name}/track", gives="text/csv", also=(503,)),
]
PERMISSIONS = {each.name: OPEN for each in OPERATIONS} | {"ride": SHARED}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document(OPERATIONS, PERMISSIONS)


def of(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method]
    return found


def test_a_public_validator_finds_nothing_wrong(document: dict[str, Any]) -> None:
    validate(document)


def test_every_operation_stands_under_its_route(document: dict[str, Any]) -> None:
    found = {
        (method.upper(), path, each["operationId"])
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    }

    assert found == {(each.method, f"/{each.route}", each.name) for each in OPERATIONS}


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("post", "/bicycles", {201, 401, 403, 409, 413, 415, 422, 500, 503}),
        ("get", "/bicycles", {200, 401, 403, 413, 422, 500, 503}),
        ("get", "/bicycles/{id}", {200, 401, 403, 404, 413, 422, 500, 503}),
        ("patch", "/bicycles/{id}", {200, 401, 403, 404, 412, 413, 415, 422, 428, 500, 503}),
        ("delete", "/bicycles/{id}", {204, 401, 403, 404, 412, 413, 422, 428, 500, 503}),
        ("post", "/bicycles/{id}/rides", {202, 401, 403, 404, 413, 415, 422, 500, 502, 503}),
    ],
)
def test_the_statuses_are_those_of_its_shape_and_of_what_it_raises(
    document: dict[str, Any], method: str, path: str, statuses: set[int]
) -> None:
    assert {int(status) for status in of(document, method, path)["responses"]} == statuses


def test_a_refusal_lists_its_types_and_is_a_problem_document(document: dict[str, Any]) -> None:
    refused = of(document, "post", "/bicycles/{id}/rides")["responses"]["502"]

    assert "`access_denied`: The API key is not accepted" in refused["description"]
    assert list(refused["content"]) == ["application/problem+json"]


def test_a_status_may_stand_for_an_answer_and_for_a_refusal(document: dict[str, Any]) -> None:
    both = of(document, "get", "/rides/{name}/track")["responses"]["503"]

    assert list(both["content"]) == ["text/csv", "application/problem+json"]


def test_a_change_takes_a_merge_patch_and_the_version(document: dict[str, Any]) -> None:
    change = of(document, "patch", "/bicycles/{id}")

    content = change["requestBody"]["content"]
    headers = [each["name"] for each in change["parameters"] if each["in"] == "header" and each["required"]]
    assert list(content) == ["application/merge-patch+json", "application/json"]
    for each in content.values():
        assert each["schema"] == {"$ref": "#/components/schemas/BicycleInputPatch"}
    assert headers == ["If-Match"]


def test_what_is_changed_with_a_version_is_shown_with_it(document: dict[str, Any]) -> None:
    shown = of(document, "get", "/bicycles/{id}")["responses"]["200"]
    listed = of(document, "get", "/bicycles")["responses"]["200"]
    made = of(document, "post", "/bicycles")["responses"]["201"]

    assert (list(shown["headers"]), list(made["headers"])) == (["ETag"], ["ETag", "Location"])
    assert "headers" not in listed


def test_a_body_may_be_left_out_where_it_needs_nothing(document: dict[str, Any]) -> None:
    assert of(document, "post", "/bicycles")["requestBody"]["required"]
    assert not of(document, "post", "/bicycles/{id}/rides")["requestBody"]["required"]


def test_parameters_of_the_query_are_those_of_the_model(document: dict[str, Any]) -> None:
    limit, name = of(document, "get", "/bicycles")["parameters"]

    assert limit == {
        "name": "limit",
        "in": "query",
        "description": "At most so many",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    }
    assert name == {"name": "name", "in": "query", "schema": {"type": "string"}}


def test_answers_leave_out_what_is_null_and_nothing_else(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Bicycle"]

    assert schema["required"] == ["name", "size", "id"]
    assert schema["properties"]["gears"] == {"type": "integer"}


def test_the_types_of_problems_are_listed(document: dict[str, Any]) -> None:
    types = document["components"]["schemas"]["ProblemDocument"]["properties"]["type"]["enum"]

    assert {f"urn:segment-export:problem:{code}" for code in ("conflict", "internal_error")} <= set(types)


def test_the_description_says_more_than_the_summary_and_who_may(document: dict[str, Any]) -> None:
    show, ride = (
        of(document, *each) for each in (("get", "/bicycles/{id}"), ("post", "/bicycles/{id}/rides"))
    )

    assert (show["summary"], show["description"]) == (
        "Shows one.",
        "With its size.\n\nNeeds the role Viewer.",
    )
    assert "shared with them" in ride["description"]


def test_two_models_of_one_name_are_told_apart_by_their_packages() -> None:
    leaves = [
        create_model("Leaf", __module__="shared.trees.leaves", inches=int),
        create_model("Leaf", __module__="shared.books.leaves", text=str),
    ]
    operations = [
        operation(f"show{number}", "GET", f"leaves{number}", gives=create_model(f"Page{number}", leaf=leaf))
        for number, leaf in enumerate(leaves)
    ]

    document: dict[str, Any] = openapi_document(operations, {each.name: OPEN for each in operations})

    schemas = document["components"]["schemas"]
    assert {"TreeLeaf", "BookLeaf"} <= set(schemas)
    assert schemas["Page0"]["properties"]["leaf"] == {"$ref": "#/components/schemas/TreeLeaf"}


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == VERSION
