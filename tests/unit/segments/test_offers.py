import pytest

from shared.segments.offers import offered
from shared.segments.snapshots import Snapshot


@pytest.mark.parametrize(
    ("columns", "offer"),
    [
        (("CustomerId", "EMail"), "it has EMail and others"),
        (("CustomerId", "Score"), "it has CustomerId, Score"),
        (tuple(f"C{number}" for number in range(21)), "C18, C19 and others"),
        (("x" * 1000,), f"it has {'x' * 79}…"),
    ],
)
def test_the_likest_columns_are_offered_or_else_the_first_twenty(
    columns: tuple[str, ...], offer: str
) -> None:
    snapshot = Snapshot(
        segment="Vip", id="1", taken_at=None, columns=columns, primary_key=None, partitions=()
    )

    assert offered(snapshot, "Email").endswith(offer)
