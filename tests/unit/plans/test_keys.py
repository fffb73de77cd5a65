import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ConfigurationError
from shared.plans.keys import DIGEST_BYTES, LedgerKeys
from tests.builders import KEYS, SECRET

OTHER = LedgerKeys.derive(SECRET + "!", "v2")
addresses = st.text(st.characters(exclude_categories=["Cs"]))


@given(addresses)
def test_a_sealed_address_is_read_with_its_digest_and_only_with_it(address: str) -> None:
    digest = KEYS.digest(address)

    sealed = KEYS.seal(digest, address)

    assert KEYS.unseal(digest, sealed) == address
    with pytest.raises(InvalidTag):
        KEYS.unseal(KEYS.digest(address + "x"), sealed)
    with pytest.raises(InvalidTag):
        OTHER.unseal(digest, sealed)


def test_an_address_is_sealed_the_same_way_each_time_and_not_to_be_read_in_it() -> None:
    digest = KEYS.digest("ann@example.com")

    sealed = KEYS.seal(digest, "ann@example.com")

    assert sealed == KEYS.seal(digest, "ann@example.com")
    assert b"ann" not in sealed + digest


@given(addresses, addresses)
def test_digests_are_the_same_for_the_same_address_only(one: str, other: str) -> None:
    assert (KEYS.digest(one) == KEYS.digest(other)) == (one == other)
    assert len(KEYS.digest(one)) == DIGEST_BYTES


def test_keys_come_from_the_secret_alone() -> None:
    again = LedgerKeys.derive(SECRET, "v9")

    assert again.digest("ann@example.com") == KEYS.digest("ann@example.com")
    assert OTHER.digest("ann@example.com") != KEYS.digest("ann@example.com")
    assert (again.version, KEYS.version) == ("v9", "v1")


def test_what_is_sent_is_hashed_with_the_account_it_is_sent_to() -> None:
    acme, other = KEYS.hashing.content_hasher("acme"), KEYS.hashing.content_hasher("other")

    assert acme(b"{}") == acme(b"{}") == KEYS.hashing.content_hasher("acme")(b"{}")
    assert len({acme(b"{}"), acme(b"{ }"), other(b"{}"), OTHER.hashing.content_hasher("acme")(b"{}")}) == 4


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand") as refused:
        LedgerKeys.derive(secret, "v1")

    assert not secret or secret not in str(refused.value)


def test_a_secret_of_32_characters_is_long_enough() -> None:
    assert LedgerKeys.derive("x" * 32, "v1").version == "v1"
