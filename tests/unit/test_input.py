from copy import deepcopy
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from shared.exports.export import ExportContent
from shared.input import invalid_input, merge_patch
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


def test_a_body_that_is_no_object_is_called_the_body() -> None:
    error = invalid_input(refusal(ExportContent, []))

    assert (error.pointer, str(error).partition(":")[0]) == ("", "the body")
