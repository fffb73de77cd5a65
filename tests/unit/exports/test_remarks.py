import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.exports.drafts import ExportInput
from shared.exports.remarks import pointer, remarks_of
from shared.exports.validating import read_draft


def resolved(text: str) -> list[str]:
    """The parts of a pointer (RFC 6901, section 4)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


@given(st.lists(st.text() | st.integers(0, 99), max_size=4))
def test_a_pointer_leads_back_to_its_place(place: list[str | int]) -> None:
    assert resolved(pointer(*place)) == [str(part) for part in place]


def test_all_that_is_wrong_with_a_body_is_told_at_once() -> None:
    reading = read_draft(b'{"list_id": "1", "segments": [{"name": ""}], "mapping": {}, "colour": "red"}')

    assert reading.draft is None
    assert sorted(problem.pointer for problem in reading.problems) == [
        "/colour",
        "/list_id",
        "/mapping/email",
        "/name",
        "/segments/0/name",
    ]


def test_remarks_never_repeat_what_was_sent() -> None:
    try:
        ExportInput.model_validate({"name": "x" * 201, "ann@example.com": 1, "mapping": {"email": 5}})
    except ValidationError as error:
        messages = " ".join(remark.message for remark in remarks_of(error))

    assert "ann@example.com" not in messages
    assert "xxx" not in messages


def test_a_name_that_is_too_long_is_found_where_it_stands() -> None:
    name = "n" * 201
    wanted = {
        "name": "VIP",
        "segments": [{"name": "Vip"}],
        "mapping": {"email": "EMail", "fields": {name: "City"}},
    }

    (problem,) = read_draft(json.dumps(wanted).encode()).problems

    assert problem.pointer == f"/mapping/fields/{name}"
