import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from shared.contract.bodies import MAX_BYTES, check_media_type, checked_json, checked_object
from shared.errors import InvalidInput, UnsupportedMediaType

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES, escaped=st.booleans())
def test_any_json_is_let_through_as_it_is(value: object, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode()

    assert from_json(checked_json(body)) == value


@given(body=st.binary(max_size=40))
def test_what_is_let_through_is_json_to_every_parser(body: bytes) -> None:
    try:
        text = checked_json(body)
    except InvalidInput:
        text = b"{}"

    assert json.loads(text.decode()) == from_json(text)


@pytest.mark.parametrize("body", [b"", b"  \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf{}"])
def test_no_body_is_an_empty_object_with_and_without_a_byte_order_mark(body: bytes) -> None:
    assert checked_object(body) == {}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"{", "not JSON", id="unfinished"),
        pytest.param(b'{"name": "\xff"}', "not JSON in UTF-8", id="no UTF-8"),
        pytest.param('{"name": "VIP"}'.encode("utf-16"), "not JSON in UTF-8", id="UTF-16"),
        pytest.param(b'{"name": "\\ud83d"}', "not JSON", id="half a surrogate pair"),
        pytest.param(b'{"limit": NaN}', "not JSON", id="NaN"),
        pytest.param(b'{"limit": -Infinity}', "not JSON", id="Infinity"),
        pytest.param(b'{"limit": 1e999}', "number 1e999", id="a number beyond all bounds"),
        pytest.param(b'{"limit": ' + b"9" * 5000 + b"}", "not JSON", id="more digits than anybody reads"),
        pytest.param(b'{"id": "a", "id": "b"}', "'id' twice", id="a name twice"),
        pytest.param(b'[{"a": {"b": 1, "b": 1}}]', "'b' twice", id="a name twice, deep inside"),
        pytest.param(b"[" * 100_000, "not JSON", id="too deep"),
        pytest.param(b'"' + b"x" * MAX_BYTES + b'"', "larger than 4 MiB", id="too large"),
    ],
)
def test_what_parsers_differ_about_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        checked_json(body)

    assert refused.value.pointer == ""


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"'])
def test_a_patch_is_an_object(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="must be a JSON object"):
        checked_object(body)


def test_the_largest_number_is_still_a_number() -> None:
    largest = 1.7976931348623157e308

    assert checked_object(json.dumps({"limit": largest}).encode()) == {"limit": largest}
    assert math.isfinite(largest)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "application/json",
        "Application/JSON; Charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
    ],
)
def test_json_is_taken_whatever_it_is_commonly_called(header: str | None) -> None:
    check_media_type(header)


@pytest.mark.parametrize(
    "header",
    ["text/plain", "text/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "*/*"],
)
def test_a_body_that_says_it_is_something_else_is_refused(header: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="Content-Type"):
        check_media_type(header)
