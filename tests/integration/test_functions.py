"""The contract between host and app: which functions there are, and what starts them."""

import difflib
import json
from typing import Any

import pytest

from tests.integration.functions import EXPECTED, RENEW, Functions, described, text_of


def expected(level: str) -> Functions:
    functions: Functions = json.loads(EXPECTED.read_text())
    return {name: [_with_level(binding, level) for binding in found] for name, found in functions.items()}


def _with_level(binding: dict[str, Any], level: str) -> dict[str, Any]:
    return {**binding, "authLevel": level} if "authLevel" in binding else binding


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        pytest.param({"AUTHENTICATION": "function_key"}, "FUNCTION", id="function keys"),
        pytest.param({"AUTHENTICATION": "entra"}, "ANONYMOUS", id="the platform signs in"),
        pytest.param({}, "ANONYMOUS", id="unless told otherwise, the platform signs in"),
    ],
)
async def test_the_worker_library_sees_the_functions_that_are_agreed(
    environment: dict[str, str], level: str
) -> None:
    found = text_of(await described(environment))

    wanted = text_of(expected(level))
    changes = "".join(
        difflib.unified_diff(
            wanted.splitlines(keepends=True), found.splitlines(keepends=True), EXPECTED.name, "the app"
        )
    )
    assert not changes, f"{changes}\nif this is what the app shall be: {RENEW}"


def test_work_is_started_by_the_jobs_queue_and_its_poison_queue_only() -> None:
    triggers = {
        name: binding
        for name, bindings in expected("FUNCTION").items()
        for binding in bindings
        if binding["type"] == "queueTrigger"
    }

    assert {name: (found["queueName"], found["connection"]) for name, found in triggers.items()} == {
        "work": ("%JOBS_QUEUE%", "StateStorage"),
        "handle_poison": ("%JOBS_QUEUE%-poison", "StateStorage"),
    }


def test_no_route_is_open_to_two_functions() -> None:
    routes = [
        (method, binding["route"])
        for bindings in expected("FUNCTION").values()
        for binding in bindings
        if binding["type"] == "httpTrigger"
        for method in binding["methods"]
    ]

    assert len(routes) == len(set(routes))
