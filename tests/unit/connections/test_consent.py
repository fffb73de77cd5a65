from typing import Any

import pytest

from shared.connections.consent import CURRENT, ConsentInput, accepted
from shared.errors import InvalidInput
from tests.builders import NOW


def given(**changes: Any) -> ConsentInput:
    return ConsentInput.model_validate(
        {"accepted": True, "accepted_by": "Ann", "text_version": CURRENT.version} | changes
    )


def test_the_record_says_who_when_and_which_text() -> None:
    consent = accepted(given(), None, NOW)

    assert (consent.accepted_by, consent.accepted_at, consent.text_version) == ("Ann", NOW, CURRENT.version)


def test_who_signed_in_is_who_accepts_whatever_the_request_says() -> None:
    assert (
        accepted(given(accepted_by="Somebody else"), "bob@example.org", NOW).accepted_by == "bob@example.org"
    )


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"accepted": False}, "/consent/accepted", "to be true"),
        ({"accepted_by": None}, "/consent/accepted_by", "by name"),
        ({"text_version": "0"}, "/consent/text_version", "GET /api/consent"),
    ],
)
def test_half_a_consent_is_none(changes: dict[str, Any], pointer: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        accepted(given(**changes), None, NOW)

    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    "words", ["personal data", "another list", "double opt-in", "automations", "not taken back"]
)
def test_the_text_says_plainly_what_is_not_protected(words: str) -> None:
    assert words in CURRENT.text
