import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.exports.masking import masked, masked_address


@pytest.mark.parametrize(
    ("value", "shown"), [("Jane", "J***"), ("J", "J***"), ("", ""), ("+49 731", "+***"), ("Ärger", "Ä***")]
)
def test_of_a_value_its_first_letter_is_shown(value: str, shown: str) -> None:
    assert masked(value) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ann@example.com", "a***@e***.com"),
        ("a@b.de", "a***@b***.de"),
        ("ann.example@mail.example.co.uk", "a***@m***.uk"),
    ],
)
def test_of_an_address_its_first_letters_and_its_last_part_are_shown(address: str, shown: str) -> None:
    assert masked_address(address) == shown


@given(st.text(min_size=1))
def test_a_mask_is_the_same_for_all_values_that_begin_alike(value: str) -> None:
    assert masked(value) == masked(value[0] + "anything else")
