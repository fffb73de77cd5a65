from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.exports.activity import Activity
from shared.exports.export import ExportState
from shared.exports.lines import _KEYS, Line, Sort, ordered
from shared.runs.run import Run, State
from tests.builders import NOW
from tests.unit.exports.stored import connection, stored


def line(
    export: str,
    name: str = "VIP",
    *,
    hours: int = 0,
    account: str | None = "acme",
    state: State | None = None,
    refreshed: int | None = None,
) -> Line:
    """A line of the list; `refreshed` is how many hours after the usual time data was delivered."""
    run = state and Run(
        id="r1",
        export=export,
        export_name=name,
        connection="main",
        trigger="refresh",
        requested_by="the timer",
        state=state,
        queued_at=NOW,
    )
    return Line(
        export=stored(export, name=name, hours=hours, connection="main" if account else None),
        connection=connection(account=account) if account else None,
        activity=Activity(
            last_run=run or None,
            refreshed_at=None if refreshed is None else NOW + timedelta(hours=refreshed),
            state=ExportState(),
        ),
    )


LINES = [
    line("a", "beta", hours=3, account="zeta", state="failed", refreshed=1),
    line("b", "Alpha", hours=1, account=None),
    line("c", "alpha", hours=2, account="acme", state="successful", refreshed=2),
]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", "bca"),
        ("-name", "abc"),
        ("connection", "cab"),
        ("-connection", "acb"),
        ("state", "acb"),
        ("-state", "cab"),
        ("refreshed_at", "acb"),
        ("-refreshed_at", "cab"),
        ("updated_at", "bca"),
        ("-updated_at", "acb"),
        ("updated_by", "abc"),
    ],
)
def test_lines_are_sorted_by_a_column_and_what_is_absent_comes_last(sort: Sort, order: str) -> None:
    assert "".join(one.export.id for one in ordered(LINES, sort)) == order


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ALPHA", "bc"),
        ("acme", "c"),
        ("activecampaign", "abc"),
        ("", "abc"),
        ("account z", "a"),
        ("omega", ""),
    ],
)
def test_the_search_looks_at_name_connection_and_type_in_any_case(text: str, found: str) -> None:
    assert "".join(one.export.id for one in LINES if one.has(text)) == found


@given(st.permutations(LINES), st.sampled_from([*_KEYS]), st.booleans())
def test_the_order_does_not_depend_on_how_the_lines_came(
    lines: list[Line], column: Sort, last_first: bool
) -> None:
    sort: Sort = f"-{column}" if last_first else column  # type: ignore[assignment]  # every column has both

    assert ordered(lines, sort) == ordered(LINES, sort)
