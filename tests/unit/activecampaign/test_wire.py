import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.activecampaign.wire import (
    Attribute,
    Column,
    ContactEncoder,
    bulk_body,
    bulk_overhead,
    decode_bulk_body,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ATTRIBUTES: list[Attribute] = ["first_name", "last_name", "phone"]
COLUMNS = st.lists(st.one_of(st.sampled_from(ATTRIBUTES), st.integers(1, 400)), unique=True, max_size=8)


def expected(columns: list[Column], values: list[str | None], list_ids: list[int], tags: list[str]) -> Any:
    sent = [(column, value) for column, value in zip(columns, values, strict=True) if value is not None]
    contact: dict[str, Any] = {column: value for column, value in sent if isinstance(column, str)}
    fields = [{"id": column, "value": value} for column, value in sent if isinstance(column, int)]
    subscribe = [{"listid": list_id} for list_id in sorted(set(list_ids))]
    named = list(dict.fromkeys(tag for tag in tags if tag.strip()))
    more = {"fields": fields, "tags": named, "subscribe": subscribe}
    return contact | {key: value for key, value in more.items() if value}


@given(
    columns=COLUMNS,
    at=st.integers(0, 8),
    list_ids=st.lists(st.integers(1, 99), max_size=3),
    tags=st.lists(TEXT, max_size=3),
    data=st.data(),
)
def test_a_contact_reads_back_as_what_was_given(
    columns: list[Column], at: int, list_ids: list[int], tags: list[str], data: st.DataObject
) -> None:
    columns = [*columns[:at], "email", *columns[at:]]
    values = [data.draw(TEXT if column == "email" else st.none() | TEXT) for column in columns]

    encoded = ContactEncoder(columns=columns, list_ids=list_ids, tags=tags).encode(values)

    assert json.loads(encoded) == expected(columns, values, list_ids, tags)


@given(
    contacts=st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=5), exclude_automations=st.booleans()
)
def test_a_body_holds_its_contacts_byte_for_byte(
    contacts: list[list[str]], exclude_automations: bool
) -> None:
    encoder = ContactEncoder(columns=["email", 7], list_ids=[1])
    encoded = [encoder.encode(contact) for contact in contacts]

    body = bulk_body(encoded, exclude_automations=exclude_automations)

    overhead = bulk_overhead(len(encoded), exclude_automations=exclude_automations)
    assert json.loads(body)["exclude_automations"] is exclude_automations
    assert json.loads(body)["contacts"] == [json.loads(contact) for contact in encoded]
    assert decode_bulk_body(body) == encoded
    assert len(body) == sum(map(len, encoded)) + overhead


def test_the_bytes_are_compact_and_in_utf_8() -> None:
    encoder = ContactEncoder(
        columns=["email", "first_name", 12], list_ids=[9, 3, 9], tags=["VIP", "", " ", "é"]
    )

    encoded = encoder.encode(["zoë@example.com", "", "||a||b||"])

    assert encoded.decode() == (
        '{"email":"zoë@example.com","first_name":"","fields":[{"id":12,"value":"||a||b||"}],'
        '"tags":["VIP","é"],"subscribe":[{"listid":3},{"listid":9}]}'
    )


def test_none_leaves_a_key_out() -> None:
    encoder = ContactEncoder(columns=["email", "first_name", 12], list_ids=[])

    assert encoder.encode(["a@example.com", None, None]) == b'{"email":"a@example.com"}'


@pytest.mark.parametrize(
    ("send_empty", "sent"), [(True, {"first_name": "", "fields": [{"id": 12, "value": ""}]}), (False, {})]
)
def test_an_empty_value_is_sent_or_left_out(send_empty: bool, sent: dict[str, Any]) -> None:
    encoder = ContactEncoder(columns=["email", "first_name", 12], list_ids=[], send_empty=send_empty)

    assert json.loads(encoder.encode(["a@example.com", "", ""])) == {"email": "a@example.com"} | sent


@pytest.mark.parametrize("tag", ["100 %", "%s", "%(x)s", "a\0b"])
def test_a_tag_may_hold_what_a_template_would_mean(tag: str) -> None:
    encoder = ContactEncoder(columns=["email", 12], list_ids=[1], tags=[tag])

    assert json.loads(encoder.encode(["a@example.com", "50 %d"]))["tags"] == [tag]


def test_half_a_surrogate_pair_is_refused() -> None:
    encoder = ContactEncoder(columns=["email", "first_name"], list_ids=[1])

    with pytest.raises(UnicodeEncodeError):
        encoder.encode(["a@example.com", "\ud83d"])


def test_an_email_is_required() -> None:
    with pytest.raises(ValueError, match="email"):
        ContactEncoder(columns=["first_name"], list_ids=[1])
    with pytest.raises(TypeError, match="e-mail"):
        ContactEncoder(columns=["email"], list_ids=[1]).encode([None])


@pytest.mark.parametrize("body", [b"", b"[]", b'{"contacts":[', b'{"contacts":[{}', b'{"contacts":[{},'])
def test_a_body_that_is_not_ours_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (json's and ours)
        decode_bulk_body(body)
