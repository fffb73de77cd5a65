from copy import deepcopy
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, ValidationError

from shared.exports.export import ExportContent, SegmentChoice
from shared.input import invalid_input, invalid_query, merge_patch
from tests.builders import content

RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
"""Every case of RFC 7396, appendix A."""


@pytest.mark.parametrize(("document", "patch", "result"), RFC_7396)
def test_a_patch_merges_as_the_rfc_says_and_leaves_the_document_alone(
    document: Any, patch: Any, result: Any
) -> None:
    before = deepcopy(document)

    merged = merge_patch(document, patch)

    assert merged == result
    assert document == before


def refusal(model: type[BaseModel], value: object) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(value)
    return refused.value


def test_a_finding_is_pointed_at_without_repeating_the_value() -> None:
    wanted = content().model_dump() | {"segments": [{"name": "Vip", "list_id": "ann@example.com"}]}

    error = invalid_input(refusal(ExportContent, wanted))

    assert error.pointer == "/segments/0/list_id"
    assert str(error).startswith("/segments/0/list_id: ")
    assert "ann@" not in str(error)


class Either(BaseModel):
    things: list[str | SegmentChoice]
    columns: dict[str, int] = {}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"things": [{"name": ""}]}, "/things/0/name"),
        ({"things": [{"list_id": 1}]}, "/things/0/name"),
        ({"things": ["a", 5]}, "/things/1"),
        ({"things": ["a"], "columns": {"a/b~c": "x"}}, "/columns/a~1b~0c"),
        ({}, "/things"),
        ([], ""),
    ],
)
def test_a_pointer_has_only_what_stands_in_the_document(document: Any, pointer: str) -> None:
    error = invalid_input(refusal(Either, document), document)

    assert error.pointer == pointer


def test_the_words_of_our_own_checks_are_not_called_a_value_error() -> None:
    class Even(BaseModel):
        number: Annotated[int, AfterValidator(_even)]

    error = invalid_input(refusal(Even, {"number": 3}))

    assert str(error) == "/number: 3 is odd"


def _even(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number


class Page(BaseModel):
    limit: int = 20


def test_a_query_parameter_is_named_without_repeating_its_value() -> None:
    error = invalid_query(refusal(Page, {"limit": "ann@example.com"}))

    assert str(error).startswith("query parameter limit: ")
    assert "ann@" not in str(error)


def test_the_name_of_an_unknown_field_is_cut() -> None:
    error = invalid_input(refusal(ExportContent, content().model_dump() | {"x" * 5000: 1}))

    assert error.pointer == f"/{'x' * 79}…"


def test_a_body_that_is_no_object_is_called_the_body() -> None:
    error = invalid_input(refusal(ExportContent, []))

    assert (error.pointer, str(error).partition(":")[0]) == ("", "the body")
