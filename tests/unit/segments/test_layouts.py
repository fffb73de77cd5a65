from datetime import UTC, datetime

import pytest

from shared.segments.layouts import folder_time, incomplete, numbered, stamped
from shared.segments.snapshots import Blob

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def blobs(*names: str) -> list[Blob]:
    return [Blob(name=name, etag='"1"', size=1, modified_at=NOON) for name in names]


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("CI_1/BlobExport/Vip/2026/01/15/0640/Vip_1.csv", datetime(2026, 1, 15, 6, 40, tzinfo=UTC)),
        ("2026/01/15/0640/Vip_1.csv", datetime(2026, 1, 15, 6, 40, tzinfo=UTC)),
        ("Vip/2026/13/45/0640/Vip_1.csv", None),
        ("Vip/2026/01/15/0640/deeper/Vip_1.csv", None),
        ("Vip/Vip_1.csv", None),
    ],
)
def test_the_folder_right_above_a_blob_tells_its_time(name: str, time: datetime | None) -> None:
    assert folder_time(name) == time


def test_partitions_are_in_the_order_of_their_numbers() -> None:
    found = numbered(blobs("a/Vip_10.csv", "a/Vip_2.csv.gz", "a/Vip_1.csv", "a/readme.txt", "a/Vip.csv"))

    assert [(part.stem, part.number) for part in found] == [("Vip", 1), ("Vip", 2), ("Vip", 10)]


def test_a_time_in_a_name_is_no_partition_number() -> None:
    names = blobs("a/Churn_Prone_1613059542.csv", "a/Churn_Prone_1613069542.csv", "a/Vip_1.csv")

    assert [part.blob.name for part in numbered(names)] == ["a/Vip_1.csv"]
    assert [(table.stem, table.taken_at.hour) for table in stamped(names)] == [
        ("Churn_Prone", 18),
        ("Churn_Prone", 16),
    ]


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["Vip_1.csv", "Vip_2.csv"], None),
        (["Vip_1.csv"], None),
        ([], "it holds no partition"),
        (["Vip_2.csv"], "numbered 2, not from 1"),
        (["Vip_0.csv", "Vip_1.csv"], "numbered 0, 1, not from 1"),
        (["Vip_1.csv", "Vip_3.csv"], "numbered 1, 3, not from 1 without a gap"),
        (["Vip_1.csv", "Vip_1.csv.gz"], "numbered 1, 1"),
        (["Vip_1.csv", "Gold_2.csv"], "several tables"),
    ],
)
def test_partitions_are_whole_if_numbered_from_one_without_a_gap(
    names: list[str], problem: str | None
) -> None:
    found = incomplete(numbered(blobs(*names)))

    assert found is problem if problem is None else problem in str(found)
