import pickle
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.suppressions.hashes import Hashed, HashSet, any_of
from tests.builders import KEYS

digests = st.sets(st.binary(min_size=16, max_size=16), max_size=20)


def hashed(*addresses: str) -> Hashed:
    return Hashed(KEYS.hashing, frozenset(map(KEYS.digest, addresses)))


@given(digests)
def test_a_set_of_hashes_goes_through_json_unchanged(made: set[bytes]) -> None:
    hashes = HashSet.model_validate_json(HashSet.of("v1", made).model_dump_json())

    assert hashes.unpacked() == made


@given(digests, st.randoms(use_true_random=False))
def test_equal_sets_are_stored_equally_whatever_their_order(made: set[bytes], random: Random) -> None:
    shuffled = sorted(made, key=lambda _: random.random())

    assert HashSet.of("v1", shuffled) == HashSet.of("v1", made)


def test_an_address_is_matched_by_its_hash_only() -> None:
    matcher = hashed("ann@example.com")

    assert [matcher(text) for text in ("ann@example.com", "bob@example.com")] == [True, False]
    assert "ann" not in HashSet.of("v1", matcher.digests).model_dump_json()


def test_what_any_of_several_says_counts() -> None:
    both = any_of(hashed("ann@example.com"), None, hashed("bob@example.com"))

    assert both is not None
    assert [both(f"{name}@example.com") for name in ("ann", "bob", "eve")] == [True, True, False]


def test_none_of_nothing_and_one_of_one() -> None:
    alone = hashed("ann@example.com")

    assert any_of(None, None) is None
    assert any_of(None, alone) is alone


def test_a_matcher_can_be_sent_to_another_process() -> None:
    both = any_of(hashed("ann@example.com"), hashed("bob@example.com"))

    received = pickle.loads(pickle.dumps(both))

    assert [received(f"{name}@example.com") for name in ("ann", "bob", "eve")] == [True, True, False]


def test_a_matcher_shows_neither_key_nor_hashes() -> None:
    shown = repr(any_of(hashed("ann@example.com"), hashed("bob@example.com")))

    assert repr(KEYS.hashing.key) not in shown
    assert repr(KEYS.digest("ann@example.com")) not in shown
