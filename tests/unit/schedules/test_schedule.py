import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.exports.schedule import ON_REFRESH, Cron, Daily, Monthly, Off, Schedule, followed
from shared.input import invalid_input
from shared.schedules.times import due, full_is_due, next_times
from tests.builders import content

NOW = datetime(2026, 1, 15, 7, tzinfo=UTC)
DAILY = {"kind": "daily", "times": ["07:00"], "time_zone": "Europe/Berlin"}
CRON = {"kind": "cron", "expression": "30 6 * * MON-FRI", "time_zone": "UTC"}


class Document(BaseModel):
    schedule: Schedule


def schedule(**document: Any) -> Schedule:
    return Document.model_validate({"schedule": document}).schedule


def times(count: int, **document: Any) -> list[str]:
    return [f"{moment:%a %d %b %H:%M}" for moment in next_times(schedule(**document), NOW, count)]


@pytest.mark.parametrize("word", ["on_refresh", "off"])
def test_a_word_is_understood_and_stored_as_an_object(word: str) -> None:
    read = Document.model_validate_json(json.dumps({"schedule": word}))

    assert read.model_dump(mode="json") == {"schedule": {"kind": word}}
    assert Document.model_validate_json(read.model_dump_json()) == read


def test_an_export_without_a_schedule_follows_the_general_one() -> None:
    own = schedule(**DAILY)

    assert content().schedule is None
    assert followed(None, ON_REFRESH) == ON_REFRESH
    assert followed(own, Off(kind="off")) == own


@pytest.mark.parametrize("word", ["on_refresh", "off"])
def test_without_fixed_times_nothing_comes_and_nothing_is_due(word: str) -> None:
    made = schedule(kind=word)

    assert next_times(made, NOW, 3) == []
    assert due(made, datetime(2020, 1, 1, tzinfo=UTC), NOW) is None


def test_a_daily_schedule_comes_at_each_of_its_times() -> None:
    made = times(3, kind="daily", times=["19:30", "07:00", "19:30"], time_zone="Europe/Berlin")

    assert made == ["Thu 15 Jan 18:30", "Fri 16 Jan 06:00", "Fri 16 Jan 18:30"]


def test_a_weekly_schedule_comes_on_its_weekdays() -> None:
    made = times(
        3, kind="weekly", weekdays=["monday", "thursday"], times=["07:00"], time_zone="America/New_York"
    )

    assert made == ["Thu 15 Jan 12:00", "Mon 19 Jan 12:00", "Thu 22 Jan 12:00"]


def test_a_monthly_schedule_passes_over_months_without_such_a_day() -> None:
    made = times(4, kind="monthly", days=[30, "last"], times=["12:00"], time_zone="UTC")

    assert made == ["Fri 30 Jan 12:00", "Sat 31 Jan 12:00", "Sat 28 Feb 12:00", "Mon 30 Mar 12:00"]


def test_a_cron_expression_is_read_as_cron_does() -> None:
    made = times(3, **CRON)

    assert made == ["Fri 16 Jan 06:30", "Mon 19 Jan 06:30", "Tue 20 Jan 06:30"]


def test_times_are_stored_in_order_and_once() -> None:
    made = schedule(**DAILY | {"times": ["19:30", "07:00", "19:30"]})

    assert isinstance(made, Daily)
    assert made.times == ["07:00", "19:30"]


@pytest.mark.parametrize(
    ("document", "pointer", "word"),
    [
        (3, "/schedule", "object"),
        ([], "/schedule", "object"),
        ("hourly", "/schedule", "on_refresh"),
        ({}, "/schedule/kind", "on_refresh"),
        ({"kind": None}, "/schedule/kind", "on_refresh"),
        ({"kind": ["daily"]}, "/schedule/kind", "on_refresh"),
        ({"kind": "off", "times": ["07:00"]}, "/schedule/times", "no such field"),
        ({"kind": "daily"}, "/schedule/times", "required"),
        (DAILY | {"times": []}, "/schedule/times", "at least 1"),
        (DAILY | {"times": "07:00"}, "/schedule/times", "array"),
        (DAILY | {"times": ["07:00", "7:00"]}, "/schedule/times/1", "HH:MM"),
        (DAILY | {"times": ["24:00"]}, "/schedule/times/0", "HH:MM"),
        (DAILY | {"times": ["07:60"]}, "/schedule/times/0", "HH:MM"),
        (DAILY | {"times": ["07:00:00"]}, "/schedule/times/0", "HH:MM"),
        (DAILY | {"times": ["\u0660\u0667:\u0660\u0660"]}, "/schedule/times/0", "HH:MM"),
        (DAILY | {"times": [7]}, "/schedule/times/0", "string"),
        (DAILY | {"time_zone": None}, "/schedule/time_zone", "string"),
        (DAILY | {"time_zone": ""}, "/schedule/time_zone", "Europe/Berlin"),
        (DAILY | {"time_zone": "Europe"}, "/schedule/time_zone", "Europe/Berlin"),
        (DAILY | {"time_zone": "../UTC"}, "/schedule/time_zone", "Europe/Berlin"),
        (DAILY | {"time_zone": "Pacific Standard Time"}, "/schedule/time_zone", "Europe/Berlin"),
        (DAILY | {"weekdays": ["monday"]}, "/schedule/weekdays", "no such field"),
        (DAILY | {"kind": "weekly"}, "/schedule/weekdays", "required"),
        (DAILY | {"kind": "weekly", "weekdays": ["Mo"]}, "/schedule/weekdays/0", "'monday'"),
        (DAILY | {"kind": "weekly", "weekdays": []}, "/schedule/weekdays", "at least 1"),
        (DAILY | {"kind": "monthly", "days": []}, "/schedule/days", "at least 1"),
        (CRON | {"expression": "30 6 * *"}, "/schedule/expression", "five fields"),
        (CRON | {"expression": "0 30 6 * * *"}, "/schedule/expression", "five fields"),
        (CRON | {"expression": "@daily"}, "/schedule/expression", "five fields"),
        (CRON | {"expression": "60 6 * * *"}, "/schedule/expression", "minute"),
        (CRON | {"expression": "0 6 * * FUNDAY"}, "/schedule/expression", "day-of-week"),
        (CRON | {"expression": "0 6 30 2 *"}, "/schedule/expression", "day-of-month"),
        (CRON | {"expression": "0 0 */16 2 1#5"}, "/schedule/expression", "never"),
        (CRON | {"time_zone": "CETT"}, "/schedule/time_zone", "Europe/Berlin"),
    ],
)
def test_what_is_wrong_is_named(document: object, pointer: str, word: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Document.model_validate_json(json.dumps({"schedule": document}))

    error = invalid_input(raised.value, {"schedule": document})

    assert error.pointer == pointer
    assert word in str(error)


@pytest.mark.parametrize("day", [0, 32, -1, "first", "1", 1.5, True, None])
def test_a_day_of_the_month_is_a_number_or_the_last(day: object) -> None:
    document = DAILY | {"kind": "monthly", "days": [1, day]}

    with pytest.raises(ValidationError) as raised:
        Document.model_validate_json(json.dumps({"schedule": document}))

    pointer = invalid_input(raised.value, {"schedule": document}).pointer
    assert pointer == "/schedule/days/1"


def test_the_document_describes_each_kind_and_both_words() -> None:
    described = TypeAdapter(Schedule).json_schema(mode="validation")

    words, kinds = described["anyOf"]
    assert words["enum"] == ["on_refresh", "off"]
    assert set(kinds["discriminator"]["mapping"]) == {
        "on_refresh",
        "off",
        "daily",
        "weekly",
        "monthly",
        "cron",
    }


@given(st.text(alphabet="0123456789*/,-#LW MONSUJA \t\u00b2\u0663", max_size=30))
def test_any_text_is_a_cron_expression_that_comes_or_is_refused(text: str) -> None:
    with suppress(ValidationError):
        made = Cron(kind="cron", expression=text, time_zone="UTC")

        assert len(next_times(made, NOW, 1)) == 1


def test_a_monthly_schedule_knows_its_last_day_beside_others() -> None:
    made = schedule(kind="monthly", days=["last", 1], times=["07:05"], time_zone="UTC")

    assert isinstance(made, Monthly)
    assert made.expressions == ("5 7 L,1 * *",)


def test_a_full_run_is_due_when_there_was_none_or_it_is_so_many_days_ago() -> None:
    assert not full_is_due(None, None, NOW)
    assert full_is_due(7, None, NOW)
    assert full_is_due(7, datetime(2026, 1, 8, 7, tzinfo=UTC), NOW)
    assert not full_is_due(7, datetime(2026, 1, 8, 8, tzinfo=UTC), NOW)
