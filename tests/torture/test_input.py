import json
from typing import Any

import azure.functions as func
import pytest
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from functions.jobs import _job
from shared.connections.connection import ConnectionInput
from shared.errors import InvalidInput
from shared.exports.drafts import ExportInput, patched
from shared.exports.export import Export
from shared.input import invalid_input, merge_patch
from shared.runs.run import Job
from shared.runs.starting import Approval, StartOptions
from tests.builders import NOW
from tests.torture.bounds import bounded, clearly, fuzz
from tests.torture.mutations import encoded, json_values, mangled, mutated

JOB = {"run": "zybqspcyyarejy1s8h3f", "slice": 7}
CONNECTION = {
    "id": "main",
    "display_name": "Main",
    "api_url": "https://acme.api-us1.com",
    "api_key_secret": "activecampaign-main",
    "allow_contributors": True,
    "consent": {"accepted": True, "accepted_by": "Ann", "text_version": "1"},
    "limits": {"bulk_per_minute": 50, "requests_per_second": 2.5},
}
EXPORT = {
    "id": "vip",
    "name": "VIP",
    "connection": "main",
    "list_id": 1,
    "segments": [{"name": "Vip", "list_id": 2, "tags": ["gold"]}, {"name": "New"}],
    "mapping": {"email": "EMail", "first_name": "FirstName", "fields": {"%CITY%": "City"}},
    "prefer": {"column": "Changed", "take": "greatest"},
    "tags": ["vip"],
    "guards": {"growth_factor": 3, "rejected_share": 0.2},
    "full_every_days": 30,
}
BODIES: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (ConnectionInput, CONNECTION),
    (ExportInput, EXPORT),
    (StartOptions, {"dry_run": True, "full": False}),
    (Approval, {"plan": "0123456789abcdef"}),
]


def checked[T: BaseModel](model: type[T], body: bytes) -> T:
    """As an HTTP function reads a body."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid_input(error) from error


@pytest.mark.parametrize(("model", "body"), BODIES)
def test_the_bodies_that_are_mutated_are_accepted_as_they_are(
    model: type[BaseModel], body: dict[str, Any]
) -> None:
    assert checked(model, encoded(body))


@fuzz(st.sampled_from(BODIES).flatmap(lambda pair: st.tuples(st.just(pair[0]), mutated(pair[1]))))
def test_a_mutated_body_is_refused_or_comes_back_from_storage_as_it_is(
    case: tuple[type[BaseModel], Any],
) -> None:
    model, body = case

    accepted = clearly(checked, model, encoded(body))

    assert accepted is None or model.model_validate_json(accepted.model_dump_json(by_alias=True)) == accepted


@fuzz(
    st.sampled_from(BODIES).flatmap(
        lambda pair: st.tuples(st.just(pair[0]), mangled(encoded(pair[1])) | st.binary(max_size=50))
    )
)
def test_a_mangled_body_is_refused_or_accepted(case: tuple[type[BaseModel], bytes]) -> None:
    model, body = case

    clearly(checked, model, body)


@pytest.mark.parametrize(("model", "body"), BODIES)
@pytest.mark.parametrize("open_", [b"[", b'{"a":', b'{"segments":['])
def test_a_body_of_a_million_brackets_is_refused(
    model: type[BaseModel], body: dict[str, Any], open_: bytes
) -> None:
    with bounded(seconds=5, mebibytes=60), pytest.raises(InvalidInput):
        checked(model, open_ * 1_000_000)


def test_a_name_of_a_million_characters_is_refused_shortly() -> None:
    for body in (EXPORT | {"name": "x" * 1_000_000}, EXPORT | {"x" * 1_000_000: 1}):
        assert clearly(checked, ExportInput, encoded(body)) is None


@fuzz(json_values(), json_values())
def test_a_patch_applied_twice_is_a_patch_applied_once(document: Any, patch: Any) -> None:
    once = merge_patch(document, patch)

    assert json.dumps(merge_patch(once, patch)) == json.dumps(once)


@fuzz(mutated(EXPORT) | json_values())
def test_any_patch_of_an_export_makes_a_draft_or_is_refused(patch: Any) -> None:
    stored = {name: value for name, value in EXPORT.items() if name != "id"}
    export = Export.model_validate(
        stored | {"id": "vip", "created_at": NOW, "updated_at": NOW, "updated_by": "Ann"}
    )

    clearly(patched, export, patch if isinstance(patch, dict) else {"name": patch})


@fuzz(
    mutated(JOB).map(encoded)
    | mangled(encoded(JOB))
    | st.binary(max_size=100)
    | json_values().map(encoded)
    | st.sampled_from([b"[" * 60_000, b'{"run":"a","slice":' + b"9" * 60_000 + b"}", b"\xff\xfe{\0}\0"])
)
def test_a_queue_message_is_a_job_or_is_dropped(body: bytes) -> None:
    job = _job(func.QueueMessage(body=body))

    assert job is None or job == Job.model_validate_json(job.model_dump_json())
