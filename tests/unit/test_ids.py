from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.ids import checked_slug, new_id, new_run_id, time_of_run

moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants naive borders and adds the zone
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(moments, st.integers(1, 10**9))
def test_run_ids_sort_the_newest_first(moment: datetime, milliseconds: int) -> None:
    older, newer = new_run_id(moment), new_run_id(moment + timedelta(milliseconds=milliseconds))

    assert newer < older


@given(moments)
def test_a_run_id_tells_when_it_was_made_to_the_millisecond(moment: datetime) -> None:
    assert abs(time_of_run(new_run_id(moment)) - moment) <= timedelta(milliseconds=1)


def test_ids_made_in_the_same_moment_differ() -> None:
    now = datetime(2026, 1, 15, tzinfo=UTC)

    assert len({new_run_id(now) for _ in range(100)}) == 100
    assert len({new_id() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "made", [new_id(), new_run_id(datetime(2026, 1, 15, tzinfo=UTC))], ids=["document", "run"]
)
def test_the_ids_we_make_are_slugs(made: str) -> None:
    assert checked_slug(made, pointer="/id") == made


@pytest.mark.parametrize("slug", ["a", "7", "vip-2026", "a" * 63, "a--b"])
def test_a_slug_is_taken_as_it_is(slug: str) -> None:
    assert checked_slug(slug, pointer="/id") == slug


@pytest.mark.parametrize(
    "text", ["", "-a", "a-", "A", "a_b", "a/b", "../a", "a" * 64, "a\n", "ä", "²", "a.b"]
)
def test_anything_else_is_refused_and_pointed_at(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_slug(text, pointer="/id")

    assert refused.value.pointer == "/id"
