from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contacts.mapping import Candidate
from shared.plans.spill import BUCKETS, Sorter, Spill, gathered, read

digests = st.binary(min_size=16, max_size=16)
texts = st.text(max_size=5)
candidates = st.tuples(
    digests,
    st.integers(0, 9),
    texts,
    texts,
    st.integers(0, 9),
    st.integers(1, 9),
    texts,
)

_SORTERS = 2


def spilled(*batches: list[Candidate]) -> list[tuple[int, list[Candidate]]]:
    """Sorted by as many sorters as there are, batch by batch in turns, and read bucket by bucket."""
    with Spill(_SORTERS) as spill:
        sorters = [Sorter(file) for file in spill.files]
        for number, batch in enumerate(batches):
            sorters[number % _SORTERS].add(batch)
        extents = gathered(sorter.finish() for sorter in sorters)
        return [(number, read(extents[number])) for number in range(BUCKETS)]


@settings(max_examples=25)
@given(st.lists(st.lists(candidates, max_size=10), max_size=10))
def test_every_candidate_comes_back_once_in_the_bucket_of_its_first_byte(
    batches: list[list[Candidate]],
) -> None:
    buckets = spilled(*batches)

    assert [number for number, _ in buckets] == list(range(BUCKETS))
    assert all(candidate[0][0] == number for number, bucket in buckets for candidate in bucket)
    assert Counter(candidate for _, bucket in buckets for candidate in bucket) == Counter(
        candidate for batch in batches for candidate in batch
    )


def test_an_undecodable_text_survives() -> None:
    odd: Candidate = (b"\x07" * 16, 0, "\udcff", "\udc80", 0, 1, "a@b.de\x1fü")

    assert dict(spilled([odd]))[7] == [odd]


@pytest.mark.parametrize("batch_size", [999, 20_000, 30_001])
def test_more_than_memory_may_hold_is_written_in_several_goes(batch_size: int) -> None:
    everything: list[Candidate] = [
        (number.to_bytes(4, "big") * 4, 0, "", str(number), 0, number, "a@b.de")
        for number in range(0, 2**32, 2**32 // 60_001)
    ]
    batches = [everything[at : at + batch_size] for at in range(0, len(everything), batch_size)]

    buckets = spilled(*batches)

    assert len(everything) > 60_000
    assert sorted(candidate for _, bucket in buckets for candidate in bucket) == everything


def test_an_empty_spill_has_every_bucket_empty() -> None:
    assert spilled() == [(number, []) for number in range(BUCKETS)]
