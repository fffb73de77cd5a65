import inspect

import pytest

from shared import errors
from shared.errors import (
    AccessDenied,
    ConfigurationError,
    Conflict,
    ContactsRefused,
    Fenced,
    FieldNotFound,
    ListNotFound,
    PlanningInterrupted,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    SegmentExportError,
    SnapshotChanged,
    StateConflict,
    StateUnavailable,
    Unavailable,
    WrongAddress,
)
from shared.runs.verdicts import LONGEST_WAIT, for_import, for_outcome, for_run, seconds_to_wait

OF_RUN = {
    Fenced: "again",
    StateConflict: "again",
    StateUnavailable: "again",
    PlanningInterrupted: "again",
    RateLimited: "wait",
    Unavailable: "wait",
    AccessDenied: "end_unasked",
    WrongAddress: "end_unasked",
    ConfigurationError: "end_unasked",
    ListNotFound: "end",
    FieldNotFound: "end",
    RequestRefused: "end",
    SnapshotChanged: "end",
    Conflict: "end",
}
OF_IMPORT = {
    RateLimited: "wait",
    Unavailable: "wait",
    ContactsRefused: "drop",
    RequestTooLarge: "halve_large",
    RequestRefused: "halve_refused",
    AccessDenied: "raise",
    WrongAddress: "raise",
    ListNotFound: "raise",
}
OF_OUTCOME = {
    RateLimited: "wait",
    Unavailable: "wait",
    RequestRefused: "undecided",
    AccessDenied: "raise",
    WrongAddress: "raise",
}
EVERY = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, SegmentExportError) and kind is not SegmentExportError
]


def an(kind: type[SegmentExportError]) -> SegmentExportError:
    """Without what its constructor asks for; the class is all that counts."""
    return kind.__new__(kind, "no")


@pytest.mark.parametrize(("kind", "verdict"), OF_RUN.items())
def test_what_an_error_does_to_a_run(kind: type[SegmentExportError], verdict: str) -> None:
    assert for_run(an(kind)) == verdict


@pytest.mark.parametrize(("kind", "verdict"), OF_IMPORT.items())
def test_what_an_error_does_to_an_import(kind: type[SegmentExportError], verdict: str) -> None:
    assert for_import(an(kind)) == verdict


@pytest.mark.parametrize(("kind", "verdict"), OF_OUTCOME.items())
def test_what_an_error_does_to_a_question(kind: type[SegmentExportError], verdict: str) -> None:
    assert for_outcome(an(kind)) == verdict


@pytest.mark.parametrize("kind", EVERY)
def test_no_error_is_without_a_verdict(kind: type[SegmentExportError]) -> None:
    error = an(kind)

    assert all(verdict(error) for verdict in (for_run, for_import, for_outcome))


@pytest.mark.parametrize("kind", [RateLimited, Unavailable])
def test_an_answer_that_says_how_long_is_believed(kind: type[RateLimited | Unavailable]) -> None:
    assert seconds_to_wait(kind("no", retry_after=7.5), failures=9, chance=0.0) == 7.5


def test_without_that_the_wait_doubles_less_up_to_half() -> None:
    error = Unavailable("no")

    longest = [seconds_to_wait(error, failures, chance=1.0) for failures in range(1, 12)]
    shortest = [seconds_to_wait(error, failures, chance=0.0) for failures in range(1, 12)]

    assert longest == [1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_WAIT, LONGEST_WAIT]
    assert shortest == [seconds / 2 for seconds in longest]
