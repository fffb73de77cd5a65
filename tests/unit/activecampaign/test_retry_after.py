import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.activecampaign.retry_after import LONGEST, retry_after

NOW = 1_788_259_200.0  # Tue, 01 Sep 2026 10:40:00 GMT


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"retry-after": "30"}, 30.0, id="seconds"),
        pytest.param({"retry-after": " 0 "}, 0.0, id="at once"),
        pytest.param({"retry-after": "9" * 400}, LONGEST, id="longer than a day"),
        pytest.param({"retry-after": "-5"}, None, id="negative"),
        pytest.param({"retry-after": "1.5"}, None, id="not whole"),
        pytest.param({"retry-after": "٣"}, None, id="digits of another script"),
        pytest.param({"retry-after": "soon"}, None, id="words"),
        pytest.param({"retry-after": "Tue, 01 Sep 2026 10:41:30 GMT"}, 90.0, id="date"),
        pytest.param({"retry-after": "Tue, 01 Sep 2026 10:41:30 -0000"}, 90.0, id="date without a zone"),
        pytest.param({"retry-after": "Tue, 01 Sep 2026 10:00:00 GMT"}, 0.0, id="date that has passed"),
        pytest.param({"retry-after": "Thu, 01 Oct 2026 00:00:00 GMT"}, LONGEST, id="date next month"),
        pytest.param(
            {"retry-after": "Tue, 01 Sep 2026 12:01:00 GMT", "date": "Tue, 01 Sep 2026 12:00:00 GMT"},
            60.0,
            id="date by the server's clock",
        ),
        pytest.param(
            {"retry-after": "Tue, 01 Sep 2026 10:41:30 GMT", "date": "today"},
            90.0,
            id="date header is broken",
        ),
    ],
)
def test_the_wait_is_read(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after(headers, now=NOW) == wait


@given(st.text(), st.text())
def test_any_header_gives_a_wait_of_at_most_a_day_or_none(value: str, date: str) -> None:
    wait = retry_after({"retry-after": value, "date": date}, now=NOW)

    assert wait is None or 0 <= wait <= LONGEST
