import string
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contacts.addresses import HINTS, doubtful, fault, normalise

FORBIDDEN = '"(),:;<>@[\\]'
BORDER_ALPHABET = (
    string.ascii_letters + string.digits + FORBIDDEN + "....@@@--__'+!% \t\x00\u00a0éжञ\ufeff\ud800"
)

near_addresses = st.one_of(
    st.text(BORDER_ALPHABET, max_size=12),
    st.builds("{}@{}.{}".format, *(st.text(BORDER_ALPHABET, max_size=size) for size in (5, 5, 4))),
    st.builds(
        "{}@{}.{}".format,
        st.text(string.ascii_lowercase + ".'+", min_size=1, max_size=70),
        st.text(string.ascii_lowercase + "-.", min_size=1, max_size=200),
        st.sampled_from(["com", "c", "co1", "1co", "c-o", "xn--p1ai", "рф", "भारत", "", "co.", "co.1"]),
    ),
)


def letters_at_start(text: str) -> int:
    count = 0
    while count < len(text) and unicodedata.category(text[count])[0] in "LM":
        count += 1
    return count


def keeps_the_written_rules(address: str) -> bool:
    """ActiveCampaign's four rules for bulk import, word by word and as loosely as they can be read."""
    before, at, domain = address.rpartition("@")
    endings = [domain[dot + 1 :] for dot, character in enumerate(domain) if character == "."]
    return (
        bool(at)
        and len(before) >= 1
        and not any(character in FORBIDDEN for character in before + domain)
        and any(letters_at_start(ending) >= 2 for ending in endings)
    )


def keeps_them_strictly(address: str) -> bool:
    """The same with the letters read as ASCII and as the whole last part of the domain."""
    ending = address.rpartition(".")[2]
    return (
        keeps_the_written_rules(address)
        and "." in address.rpartition("@")[2]
        and len(ending) >= 2
        and all(letter in string.ascii_letters for letter in ending)
    )


def keeps_our_own_rules(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    return (
        address.isprintable()
        and " " not in address
        and "\ufffd" not in address
        and len(address.encode()) <= 254
        and len(local.encode()) <= 64
        and all(domain.split("."))
    )


@given(near_addresses)
@example("a@b.भारत")
@example("a@b.xn--p1ai")
def test_no_accepted_address_can_sink_its_request(text: str) -> None:
    address = normalise(text)

    accepted = fault(address) is None

    assert not accepted or keeps_the_written_rules(address)
    assert not accepted or doubtful(address) or keeps_them_strictly(address)


@given(near_addresses)
@example("a..b@example.com")
@example("a@under_score.com")
@example("a@-.co")
def test_nothing_that_the_written_rules_allow_is_rejected_beyond_our_own_list(text: str) -> None:
    address = normalise(text)

    reason = fault(address)

    assert reason is None or not (keeps_them_strictly(address) and keeps_our_own_rules(address))


@given(st.text(st.characters(), max_size=300) | near_addresses)
def test_any_text_gets_a_known_reason_or_none(text: str) -> None:
    reason = fault(normalise(text))

    assert reason is None or reason in HINTS


@given(st.text(st.characters(), max_size=20) | near_addresses)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@pytest.mark.parametrize(
    "edge", [" ", "\t\r\n", "\u00a0", "\u3000", "\ufeff", "\u200b\u200d", "\u200e\u202c"]
)
def test_white_space_and_invisible_characters_at_the_edges_are_cut_off(edge: str) -> None:
    assert normalise(f"{edge}Jane.Doe@Example.COM{edge}") == "jane.doe@example.com"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        pytest.param("", "address_missing", id="empty"),
        pytest.param("jane", "address_invalid", id="no at"),
        pytest.param("@example.com", "address_invalid", id="nothing before the at"),
        pytest.param("jane@", "address_domain", id="nothing after the at"),
        pytest.param("jane@doe@example.com", "address_several", id="two ats"),
        pytest.param("jane@example.com;joe@example.com", "address_character", id="two addresses"),
        pytest.param("jane doe@example.com", "address_blank", id="space"),
        pytest.param("jane\u00a0doe@example.com", "address_blank", id="no-break space"),
        pytest.param("jane\x00@example.com", "address_blank", id="control character"),
        pytest.param("jane\u200b@example.com", "address_blank", id="zero-width space"),
        pytest.param("jane\udce9@example.com", "bad_encoding", id="surrogate"),
        pytest.param("jan\ufffd@example.com", "bad_encoding", id="replacement character"),
        pytest.param('"jane"@example.com', "address_character", id="quoted local part"),
        pytest.param("<jane@example.com>", "address_character", id="angle brackets"),
        pytest.param("mailto:jane@example.com", "address_character", id="mailto"),
        pytest.param("jane@[192.0.2.1]", "address_character", id="IP literal"),
        pytest.param("jane@192.0.2.1", "address_domain", id="bare IP address"),
        pytest.param("jane@localhost", "address_domain", id="no dot"),
        pytest.param("jane@.com", "address_domain", id="leading dot"),
        pytest.param("jane@example.com.", "address_domain", id="trailing dot"),
        pytest.param("jane@example..com", "address_domain", id="double dot"),
        pytest.param("jane@example.c", "address_domain", id="one letter"),
        pytest.param("jane@example.c1", "address_domain", id="digit"),
        pytest.param("jane@example.co.1", "address_domain", id="digit after letters"),
        pytest.param("jane@example.co-op", "address_domain", id="hyphen"),
        pytest.param("jane@example.中国1", "address_domain", id="digit after Chinese letters"),
        pytest.param("jane@example.xn--", "address_domain", id="empty punycode"),
        pytest.param("j" * 65 + "@example.com", "address_too_long", id="65 before the at"),
        pytest.param("é" * 33 + "@example.com", "address_too_long", id="66 bytes before the at"),
        pytest.param("j@" + "e" * 249 + ".com", "address_too_long", id="255"),
    ],
)
def test_each_fault_has_its_reason(address: str, reason: str) -> None:
    assert fault(address) == reason


@pytest.mark.parametrize("character", FORBIDDEN.replace("@", ""))
def test_a_forbidden_character_is_found_on_either_side(character: str) -> None:
    assert fault(f"ja{character}ne@example.com") == "address_character"
    assert fault(f"jane@exam{character}ple.com") == "address_character"


@pytest.mark.parametrize(
    "address",
    [
        "j@x.io",
        "jane+news@mail.example.co.uk",
        "o_o!#$%&*+/=?^_`{|}~-@example.com",
        "123@456.com",
        "j" * 64 + "@example.com",
        "j@" + ("e" * 49 + ".") * 4 + "e" * 48 + ".com",
    ],
)
def test_ordinary_addresses_are_sent_without_doubt(address: str) -> None:
    assert fault(address) is None
    assert not doubtful(address)


@pytest.mark.parametrize(
    "address",
    [
        "o'hara@example.com",
        "josé@example.com",
        "jane@exämple.com",
        "jane@example.рф",
        "jane@example.भारत",
        "jane@example.xn--p1ai",
        ".jane..doe.@example.com",
        "jane@-example.com",
        "jane@example-.com",
        "jane@exa_mple.com",
    ],
)
def test_addresses_allowed_but_suspect_are_sent_in_chunks_of_their_own(address: str) -> None:
    assert fault(address) is None
    assert doubtful(address)
