import json
import logging

import azure.functions as func
import pytest

from functions.problems import guarded
from shared.errors import InvalidInput, RateLimited, StateUnavailable


async def failing(error: Exception) -> func.HttpResponse:
    raise error


async def test_an_answer_passes_as_it_is() -> None:
    async def answering() -> func.HttpResponse:
        return func.HttpResponse("fine", status_code=201)

    answer = await guarded(answering())

    assert (answer.status_code, answer.get_body()) == (201, b"fine")


async def test_an_exception_that_is_none_of_ours_tells_nothing_of_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await guarded(failing(ValueError("ann@example.com has no list")))

    problem = json.loads(answer.get_body())
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert problem["type"] == "urn:segment-export:problem:internal_error"
    assert "ann@" not in answer.get_body().decode() + caplog.text
    assert "ValueError, raised by failing (" in caplog.text


async def test_only_what_an_operator_should_see_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    refused = await guarded(failing(InvalidInput("/name: too long", pointer="/name")))
    broken = await guarded(failing(StateUnavailable("storage did not answer")))

    assert (refused.status_code, broken.status_code) == (422, 503)
    assert caplog.messages == ["StateUnavailable: storage did not answer"]


@pytest.mark.parametrize(("seconds", "header"), [(30.4, "30"), (0.2, "1")])
async def test_the_wait_that_activecampaign_asks_for_is_passed_on(seconds: float, header: str) -> None:
    answer = await guarded(failing(RateLimited("over the limit", retry_after=seconds)))

    assert (answer.status_code, answer.headers["Retry-After"]) == (502, header)


async def test_no_cache_keeps_a_refusal() -> None:
    answer = await guarded(failing(InvalidInput("no")))

    assert answer.headers["Cache-Control"] == "no-store"
