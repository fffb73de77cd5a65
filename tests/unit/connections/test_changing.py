from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.connections.changing import gives_key, merged, require_anew
from shared.connections.connection import ConnectionContent
from shared.errors import InvalidInput
from tests.unit.connections.documents import connection

CONSENT = {"accepted": True, "accepted_by": "Ann", "text_version": "1"}


def test_an_empty_patch_changes_nothing_and_has_neither_key_nor_consent() -> None:
    content = merged(connection(), {})

    assert content.model_dump(exclude_none=True) == {
        "display_name": "Main",
        "api_url": "https://acme.api-us1.com",
        "allow_contributors": False,
        "limits": {"bulk_per_minute": 50, "requests_per_second": 2},
        "active": True,
    }


def test_objects_merge_and_null_removes() -> None:
    content = merged(connection(), {"limits": {"bulk_per_minute": 9}})

    assert content.limits is not None
    assert (content.limits.bulk_per_minute, content.limits.requests_per_second) == (9, 2)
    assert merged(connection(), {"limits": None}).limits is None


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"id": "other"}, "/id"),
        ({"account": "other"}, "/account"),
        ({"updated_by": "Bob"}, "/updated_by"),
        ({"display_name": None}, "/display_name"),
        ({"api_url": None}, "/api_url"),
        ({"active": "no"}, "/active"),
        ({"consent": {"accepted": True}}, "/consent/text_version"),
        ({"limits": {"bulk_per_minute": 101}}, "/limits/bulk_per_minute"),
        ({"api_key": "two\nlines"}, "/api_key"),
    ],
)
def test_a_patch_that_cannot_be_is_refused_by_field(patch: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        merged(connection(), patch)

    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({}, "/api_key"),
        ({"consent": CONSENT}, "/api_key"),
        ({"api_key": "k3y"}, "/consent"),
        ({"api_key_secret": "activecampaign-new", "consent": None}, "/consent"),
    ],
)
def test_another_host_needs_key_and_consent_anew(patch: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput, match="another host") as caught:
        require_anew(patch)

    assert caught.value.pointer == pointer


@pytest.mark.parametrize("key", ["api_key", "api_key_secret"])
def test_a_key_in_either_form_and_the_consent_are_enough_for_another_host(key: str) -> None:
    patch = {key: "activecampaign-new", "consent": CONSENT}

    require_anew(patch)

    assert gives_key(patch)


def pointer_of_refusal(patch: dict[str, Any]) -> str | None:
    try:
        merged(connection(), patch)
    except InvalidInput as error:
        return error.pointer
    return None


@given(st.dictionaries(st.text(max_size=12), st.none() | st.booleans() | st.integers() | st.text(max_size=5)))
def test_a_field_that_there_is_not_is_never_taken(patch: dict[str, Any]) -> None:
    strange = patch.keys() - ConnectionContent.model_fields.keys()

    refused = pointer_of_refusal({name: value if value is not None else 1 for name, value in patch.items()})

    assert refused is not None or not strange
