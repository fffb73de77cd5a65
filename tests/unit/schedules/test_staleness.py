from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.schedules.staleness import stale_since

NOW = datetime(2026, 1, 15, 7, tzinfo=UTC)


def test_a_snapshot_is_stale_once_it_is_as_old_as_that() -> None:
    taken_at = NOW - timedelta(hours=36)

    assert stale_since(taken_at, NOW, 36) == NOW
    assert stale_since(taken_at, NOW - timedelta(seconds=1), 36) is None


def test_it_is_said_since_when() -> None:
    taken_at = NOW - timedelta(days=3)

    assert stale_since(taken_at, NOW, 24) == NOW - timedelta(days=2)


def test_without_a_snapshot_nothing_is_stale() -> None:
    assert stale_since(None, NOW, 1) is None


@given(st.integers(1, 8784), st.timedeltas(timedelta(), timedelta(days=400)))
def test_what_is_stale_stays_so_until_something_newer_comes(hours: int, age: timedelta) -> None:
    taken_at = NOW - age

    since = stale_since(taken_at, NOW, hours)

    assert (since is not None) == (age >= timedelta(hours=hours))
    assert since is None or since == stale_since(taken_at, NOW + timedelta(days=9), hours)
