import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contacts.values import DateOrder, converter, is_plain

COLOURS = ("Red", "Dark Green", "Blue, light", "a|b", "grey ")

days = st.dates(min_value=date(2, 1, 1))
minutes = st.integers(-14 * 60, 14 * 60)
moments = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis wants naive borders and adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=minutes.map(lambda offset: timezone(timedelta(minutes=offset))),
)
option_texts = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="|;,["), min_size=1)
    .map(str.strip)
    .filter(bool),
    min_size=3,
    max_size=6,
    unique_by=str.casefold,
)


@pytest.mark.parametrize("field_type", ["text", "textarea", "hidden", "NULL", "", "something new"])
def test_plain_fields_take_any_text_as_it_is(field_type: str) -> None:
    text = " 1,234.50 || 01/02/2026; ünïcode"

    assert is_plain(field_type)
    assert converter(field_type)(text) is text


@pytest.mark.parametrize(
    "field_type", ["number", "date", "datetime", "dropdown", "radio", "checkbox", "listbox", "Date"]
)
def test_other_fields_are_not_plain(field_type: str) -> None:
    assert not is_plain(field_type)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", "42"),
        ("-42.0", "-42.0"),
        ("007.50", "007.50"),
        ("12345678901234567890.123456789", "12345678901234567890.123456789"),
        ("1,234.50", "1234.50"),
        ("-12,345,678", "-12345678"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1E+05", "100000"),
        ("1.5e3", "1500"),
        ("1.234567E-4", "0.0001234567"),
        ("0E+05", "0"),
        ("1.0E308", "1" + "0" * 308),
    ],
)
def test_numbers_are_written_out_in_plain_decimal(text: str, number: str) -> None:
    assert converter("number")(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "1.234,50", "1,5", "12,34", ",123", "1,2345", "1 234", "NaN", "Infinity", "-inf", ".", "-", "e5",
        "1e9999", "0x1F", "$5", "5%", "1.2.3", "True", "١٢", "1_000", "5\n",
    ],
)  # fmt: skip
def test_what_is_no_plain_number_is_unconvertible(text: str) -> None:
    assert converter("number")(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_a_number_keeps_its_exact_value(number: Decimal) -> None:
    written = converter("number")(str(number))

    assert written is not None
    assert "e" not in written.lower()
    assert Decimal(written) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1.7976931348623157e308)
def test_every_double_survives(number: float) -> None:
    written = converter("number")(repr(number))

    assert written is not None
    assert float(written) == number


@given(st.integers(-(10**15), 10**15))
def test_grouped_numbers_lose_their_commas_only(number: int) -> None:
    assert converter("number")(f"{number:,}.25") == f"{number}.25"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05", "20260105", "2026/01/05", "2026/1/5", "2026-1-5", "2026-01-05T00:00:00",
        "2026-01-05T23:59:59.9999999", "2026-01-05T23:59:59.1234567-11:00", "2026-01-05 00:30:00+14:00",
        "2026-01-05T06:40:51Z", "2026-01-05T06:40", "2026-01-05 06:40:51 UTC", "2026-01-05 6:40:51 +00:00",
        "2026/01/05 06:40:51", "1/5/2026", "01/05/2026", "1/5/2026 6:40 AM", "1/5/2026 12:00:00 AM",
        "1/5/2026 11:59:59 PM", "1/5/2026, 6:40:51\u202fPM", "1/5/2026 23:59", "1/5/2026 6:40:51 AM +02:00",
    ],
)  # fmt: skip
def test_the_day_is_taken_as_it_is_written(text: str) -> None:
    assert converter("date")(text) == "2026-01-05"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30", "2/30/2026", "2025-02-29", "13/1/2026", "0/1/2026", "20261301", "2026", "2026-01",
        "1/5/26", "5.1.2026", "1-5-2026", "2026/01-05", "2026-W03-4", "2026011501234", "2026-01-05x06:40",
        "2026-01-05T25:00", "1/5/2026 13:00 PM", "1/5/2026 0:30 AM", "1/5/2026 6:61", "46027", "soon",
        "0001-01-01", "0001-01-01T00:00:00.0000000", "1/1/0001 12:00:00 AM", "0001-01-01T00:00:00+00:00",
        "00010101", "\uff12026-01-05", "2026-01-05\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field_type", ["date", "datetime"])
def test_what_is_no_certain_date_is_unconvertible(field_type: str, text: str) -> None:
    assert converter(field_type)(text) is None


@pytest.mark.parametrize("text", ["5/1/2026", "05.01.2026", "5-1-2026", "5.1.2026 06:40", "2026-01-05"])
def test_day_first_dates_are_read_where_the_order_says_so(text: str) -> None:
    assert converter("date", date_order="dmy")(text) == "2026-01-05"


@given(days)
@pytest.mark.parametrize(
    "form",
    [
        "{0.year:04}-{0.month:02}-{0.day:02}",
        "{0.year:04}/{0.month}/{0.day}",
        "{0.year:04}{0.month:02}{0.day:02}",
    ],
)
def test_dates_with_the_year_first_come_through_in_either_order(form: str, day: date) -> None:
    text = form.format(day)

    assert converter("date", date_order="mdy")(text) == day.isoformat()
    assert converter("date", date_order="dmy")(text) == day.isoformat()


@given(days)
@pytest.mark.parametrize(
    ("order", "form"),
    [
        ("mdy", "{0.month}/{0.day}/{0.year:04}"),
        ("mdy", "{0.month:02}/{0.day:02}/{0.year:04} 12:00:00 AM"),
        ("dmy", "{0.day}/{0.month}/{0.year:04}"),
        ("dmy", "{0.day:02}.{0.month:02}.{0.year:04} 00:00"),
    ],
)
def test_dates_with_the_year_last_come_through(order: DateOrder, form: str, day: date) -> None:
    assert converter("date", date_order=order)(form.format(day)) == day.isoformat()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-15T06:40:51", "2026-01-15T06:40:51+00:00"),
        ("2026-01-15T06:40:51.9999999Z", "2026-01-15T06:40:51+00:00"),
        ("2026-01-15 06:40:51 +05:30", "2026-01-15T01:10:51+00:00"),
        ("2026-01-15T00:30:00+01:00", "2026-01-14T23:30:00+00:00"),
        ("2026-01-15", "2026-01-15T00:00:00+00:00"),
        ("20260115", "2026-01-15T00:00:00+00:00"),
        ("1/15/2026", "2026-01-15T00:00:00+00:00"),
        ("1/15/2026 6:40:51 PM", "2026-01-15T18:40:51+00:00"),
        ("1/15/2026 12:05 AM", "2026-01-15T00:05:00+00:00"),
        ("1/15/2026 12:05 p.m.", "2026-01-15T12:05:00+00:00"),
        ("1/15/2026 6:40:51 AM -02:00", "2026-01-15T08:40:51+00:00"),
        ("2026/01/15 06:40:51.5", "2026-01-15T06:40:51+00:00"),
    ],
)
def test_moments_are_written_in_utc_to_the_second(text: str, instant: str) -> None:
    assert converter("datetime")(text) == instant


def test_a_moment_beyond_the_last_year_of_utc_is_unconvertible() -> None:
    assert converter("datetime")("9999-12-31T23:59:59-05:00") is None


@given(moments)
def test_a_moment_keeps_its_instant(moment: datetime) -> None:
    written = converter("datetime")(moment.isoformat())

    assert written is not None
    assert datetime.fromisoformat(written) == moment.astimezone(UTC).replace(microsecond=0)


@given(moments)
def test_a_us_moment_with_its_offset_keeps_its_instant(moment: datetime) -> None:
    text = f"{moment.month}/{moment.day}/{moment.year:04} {moment:%I:%M:%S %p %:z}"

    written = converter("datetime")(text)

    assert written is not None
    assert datetime.fromisoformat(written) == moment.replace(microsecond=0)


@pytest.mark.parametrize("field_type", ["dropdown", "radio"])
@pytest.mark.parametrize(
    ("text", "option"),
    [("Red", "Red"), ("rED", "Red"), ("GREY", "grey "), ("a|b", "a|b"), ("Pink", None), ("Red;a|b", None)],
)
def test_one_option_is_written_in_its_own_spelling(field_type: str, text: str, option: str | None) -> None:
    assert converter(field_type, COLOURS)(text) == option


@pytest.mark.parametrize(("text", "option"), [("us", "us"), ("US", "US"), ("Us", None)])
def test_options_told_apart_by_case_are_not_guessed(text: str, option: str | None) -> None:
    assert converter("dropdown", ("us", "US"))(text) == option


@pytest.mark.parametrize("field_type", ["dropdown", "radio"])
def test_without_options_one_option_passes_as_it_is(field_type: str) -> None:
    assert converter(field_type)("Anything; at || all") == "Anything; at || all"


@pytest.mark.parametrize(
    ("options", "text", "option"),
    [
        (("Yes", "No"), "True", "Yes"),
        (("Yes", "No"), "false", "No"),
        (("N", "Y"), "1", "Y"),
        (("On", "Off"), "0", "Off"),
        (("Yes", "No"), "maybe", None),
        (("Yes", "No", "Maybe"), "True", None),
        (("Yes", "True"), "1", None),
        (("Yes",), "True", None),
        (("Red", "Blue"), "True", None),
    ],
)
def test_true_and_false_find_a_yes_and_a_no(options: tuple[str, ...], text: str, option: str | None) -> None:
    assert converter("radio", options)(text) == option
    assert converter("checkbox", options)(text) == (option and f"||{option}||")


@pytest.mark.parametrize("field_type", ["checkbox", "listbox"])
@pytest.mark.parametrize(
    ("text", "listed"),
    [
        pytest.param("Red", "||Red||", id="single"),
        pytest.param("dark green;RED", "||Red||Dark Green||", id="semicolons, order of the options"),
        pytest.param("Red; Dark Green ;", "||Red||Dark Green||", id="spaces and a trailing separator"),
        pytest.param("Red|Dark Green", "||Red||Dark Green||", id="bars"),
        pytest.param("||a|b||Red||", "||Red||a|b||", id="already listed, bar in an option"),
        pytest.param("a|b;Red", "||Red||a|b||", id="semicolon before bar"),
        pytest.param('["Red", "Blue, light"]', "||Red||Blue, light||", id="JSON array"),
        pytest.param("Red, Dark Green", "||Red||Dark Green||", id="commas"),
        pytest.param("Blue, light", "||Blue, light||", id="comma in an option"),
        pytest.param("Red;Red", "||Red||", id="twice the same"),
        pytest.param("grey", "||grey ||", id="the option's own spaces"),
        pytest.param("Red;Pink", None, id="one unknown"),
        pytest.param('["Red", 1]', None, id="JSON array of other things"),
        pytest.param('["Red"', None, id="broken JSON"),
        pytest.param("[" * 50_000, None, id="deep JSON"),
        pytest.param("[]", None, id="empty JSON array"),
        pytest.param("||", None, id="separators only"),
    ],
)
def test_several_options_are_listed_between_bars(field_type: str, text: str, listed: str | None) -> None:
    assert converter(field_type, COLOURS)(text) == listed


@pytest.mark.parametrize("option", ["x||y", "|x", "x|"])
def test_an_option_that_would_break_the_bars_cannot_be_listed(option: str) -> None:
    assert converter("checkbox", (option, "z"))(option) is None
    assert converter("dropdown", (option, "z"))(option) == option


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("A", "||A||"),
        ("B;A;B", "||B||A||"),
        ("||B||A||", "||B||A||"),
        ("A|B;C", "||A|B||C||"),
        ("A, B", "||A, B||"),
        ('["A","B"]', "||A||B||"),
        ('["A||B"]', None),
        (";", None),
    ],
)
def test_without_options_several_are_listed_unchecked(text: str, listed: str | None) -> None:
    assert converter("listbox")(text) == listed


@given(st.data(), option_texts)
@pytest.mark.parametrize("form", ["bars", "semicolons", "json"])
def test_a_selection_comes_through_whole(form: str, data: st.DataObject, options: list[str]) -> None:
    selection = data.draw(st.lists(st.sampled_from(options), min_size=1, unique=True))
    text = {
        "bars": f"||{'||'.join(selection)}||",
        "semicolons": ";".join(selection),
        "json": json.dumps(selection),
    }[form]

    listed = converter("checkbox", options)(text)

    assert listed is not None
    assert listed[:2] == listed[-2:] == "||"
    assert set(listed[2:-2].split("||")) == set(selection)
    assert converter("checkbox", options)(listed) == listed
