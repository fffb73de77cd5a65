import pytest

from shared import errors
from shared.contract.problem import code_of, kinds, problem_of, status_of, type_of, unexpected_problem
from shared.errors import InvalidInput, ListNotFound, SegmentExportError


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidInput, 422),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.Unauthorized, 401),
        (errors.Forbidden, 403),
        (errors.PreconditionRequired, 428),
        (errors.PreconditionFailed, 412),
        (errors.ConfigurationError, 500),
        (errors.SegmentFormatError, 502),
        (errors.SnapshotChanged, 503),
        (errors.AccessDenied, 502),
        (errors.RateLimited, 502),
        (errors.StateConflict, 503),
        (errors.StateUnavailable, 503),
        (errors.Fenced, 500),
    ],
)
def test_the_status_says_who_is_at_fault(kind: type[SegmentExportError], status: int) -> None:
    assert status_of(kind) == status


def test_every_kind_of_error_has_a_type_of_its_own() -> None:
    found = list(kinds())

    assert set(found) == {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SegmentExportError)
    }
    assert len({code_of(kind) for kind in found}) == len(found)


def test_a_problem_names_its_type_and_the_culprit() -> None:
    problem = problem_of(InvalidInput("the list is missing", pointer="/list_id"))

    assert problem.model_dump(exclude_none=True) == {
        "type": "urn:segment-export:problem:invalid_input",
        "title": "invalid input",
        "status": 422,
        "detail": "the list is missing",
        "pointer": "/list_id",
    }


def test_a_problem_that_is_nobodys_input_has_no_pointer() -> None:
    problem = problem_of(ListNotFound("the account has no list 7"))

    assert (problem.type, problem.pointer) == (type_of("list_not_found"), None)


def test_what_nobody_foresaw_is_a_problem_too() -> None:
    problem = unexpected_problem()

    assert (problem.type, problem.status) == (type_of("internal_error"), 500)
