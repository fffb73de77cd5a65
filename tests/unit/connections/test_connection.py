import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connections.connection import Connection, ConnectionInput
from shared.connections.listing import ConnectionList
from shared.connections.views import ConnectionShown, summary, view
from tests.unit.connections.documents import connection

WANTED = {
    "display_name": "Main",
    "api_url": "https://acme.api-us1.com",
    "api_key": "k3y",
    "consent": {"accepted": True, "accepted_by": "Ann", "text_version": "1"},
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, None), ({"active": False}, "is paused"), ({"consent": None}, "was withdrawn")],
)
def test_nothing_runs_without_consent_or_while_it_is_paused(
    changes: dict[str, Any], words: str | None
) -> None:
    blocked = connection(**changes).blocked

    assert blocked is None if words is None else words in str(blocked)


def test_a_connection_stored_before_there_was_a_pause_is_active() -> None:
    stored = json.loads(connection().model_dump_json(exclude={"active"}))

    assert Connection.model_validate(stored).active


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("api_key", ""),
        ("api_key", "two\nlines"),
        ("api_key", "not-ascii-ü"),
        ("api_key", "k" * 501),
        ("api_key_secret", "activecampaign-/../segment-export-ledger"),
        ("api_key_secret", "activecampaign_key"),
        ("api_key_secret", "a" * 128),
        ("limits", {"requests_per_second": float("nan")}),
        ("limits", {"bulk_per_minute": 0}),
        ("color", "red"),
    ],
)
def test_what_cannot_be_a_key_a_name_or_a_limit_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        ConnectionInput.model_validate(WANTED | {field: value})

    assert {error["loc"][0] for error in caught.value.errors()} == {field}


def test_spaces_around_a_pasted_key_are_no_part_of_it() -> None:
    assert ConnectionInput.model_validate(WANTED | {"api_key": "  k3y\n"}).api_key == "k3y"


def test_a_contributor_sees_id_name_and_type_and_nothing_else() -> None:
    shown = ConnectionShown(summary(connection()))
    listed = ConnectionList(connections=[summary(connection()), view(connection())])

    assert json.loads(shown.model_dump_json()) == {
        "id": "main",
        "display_name": "Main",
        "type": "activecampaign",
    }
    assert [len(one) for one in listed.model_dump()["connections"]] == [3, 13]


def test_an_administrator_sees_everything_but_the_key() -> None:
    shown = view(connection()).model_dump()

    assert set(shown) == {*connection().model_dump(), "type"}
