"""What an error does: to a run, to an import, to a question about an outcome. Tables, and nothing else.

An error that is not in a table has the verdict of the class it is derived from. docs/reliability.md says the
same in words.
"""

from typing import Literal

from shared.errors import (
    AccessDenied,
    ConfigurationError,
    ContactsRefused,
    PlanningInterrupted,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    SegmentExportError,
    StateError,
    Unavailable,
    WrongAddress,
)

FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0
BETWEEN_SLICES = 60.0
"""Seconds until a run that delivers nothing yet tries again, unless it is told otherwise."""

type ForRun = Literal["again", "wait", "end", "end_unasked"]
"""The message comes again; another slice comes later; it ends; it ends and asks for no more outcomes."""
type ForImport = Literal["wait", "drop", "halve_large", "halve_refused", "raise"]
"""Wait and send it again; without the named contacts; in halves; to the run."""
type ForOutcome = Literal["wait", "undecided", "raise"]
"""Wait and ask again; ask later; to the run."""

_OF_RUN: dict[type[BaseException], ForRun] = {
    StateError: "again",
    PlanningInterrupted: "again",
    RateLimited: "wait",
    Unavailable: "wait",
    AccessDenied: "end_unasked",
    WrongAddress: "end_unasked",
    ConfigurationError: "end_unasked",
    SegmentExportError: "end",
}
_OF_IMPORT: dict[type[BaseException], ForImport] = {
    RateLimited: "wait",
    Unavailable: "wait",
    ContactsRefused: "drop",
    RequestTooLarge: "halve_large",
    RequestRefused: "halve_refused",
    SegmentExportError: "raise",
}
_OF_OUTCOME: dict[type[BaseException], ForOutcome] = {
    RateLimited: "wait",
    Unavailable: "wait",
    RequestRefused: "undecided",
    SegmentExportError: "raise",
}


def for_run(error: SegmentExportError) -> ForRun:
    """What happens to a run whose slice ended with this error."""
    return _verdict(_OF_RUN, error)


def for_import(error: SegmentExportError) -> ForImport:
    """What happens to an import that was answered so."""
    return _verdict(_OF_IMPORT, error)


def for_outcome(error: SegmentExportError) -> ForOutcome:
    """What happens to a question about an outcome that was answered so."""
    return _verdict(_OF_OUTCOME, error)


def seconds_to_wait(error: SegmentExportError, failures: int, chance: float) -> float:
    """As long as the answer says; else doubled with each failure in a row, less up to half by `chance`."""
    told = told_to_wait(error)
    if told is not None:
        return told
    doubled = min(FIRST_WAIT * 2.0 ** min(failures - 1, 20), LONGEST_WAIT)
    return doubled * (0.5 + chance / 2)


def told_to_wait(error: SegmentExportError) -> float | None:
    """The seconds that an answer says; None where it says none."""
    return error.retry_after if isinstance(error, RateLimited | Unavailable) else None


def _verdict[V](table: dict[type[BaseException], V], error: SegmentExportError) -> V:
    return next(table[kind] for kind in type(error).__mro__ if kind in table)
