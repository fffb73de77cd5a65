from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from shared.runs.history import HistoryQuery
from tests.builders import NOW, run

SECOND = timedelta(seconds=1)


def test_several_states_are_separated_by_commas() -> None:
    query = HistoryQuery.model_validate({"state": "failed,canceled", "trigger": "retry"})

    assert query.state == ["failed", "canceled"]
    assert query.fits(run(state="canceled", trigger="retry"))
    assert not query.fits(run(state="successful", trigger="retry"))
    assert not query.fits(run(state="failed", trigger="schedule"))


def test_without_filters_every_run_fits() -> None:
    assert HistoryQuery().fits(run(state="held"))


def test_a_run_fits_from_the_beginning_of_a_time_and_up_to_its_end() -> None:
    made = run(queued_at=NOW)
    times = [NOW - SECOND, NOW, NOW + SECOND]

    assert [HistoryQuery(since=at).fits(made) for at in times] == [True, True, False]
    assert [HistoryQuery(until=at).fits(made) for at in times] == [False, False, True]


def test_times_keep_their_offset() -> None:
    query = HistoryQuery.model_validate({"since": "2026-01-15T07:40:00+01:00"})

    assert query.since == datetime(2026, 1, 15, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        {"state": "done"},
        {"state": ""},
        {"state": "failed,"},
        {"trigger": "magic"},
        {"since": "yesterday"},
        {"since": "2026-01-15T06:40:00"},
        {"limit": "0"},
        {"limit": "101"},
        {"continuation": "../runs"},
        {"page": "2"},
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HistoryQuery.model_validate(given)
