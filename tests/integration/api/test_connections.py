"""Connections over HTTP: making, looking, changing, testing, browsing and removing them."""

import json
from typing import Any

import pytest
from azure.storage.blob.aio import ContainerClient

from tests.integration.api.answers import Answered, ask
from tools.deployment import Api, Deployment
from tools.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONSENT = {"accepted": True, "text_version": "1"}
STALE = '"0x8D0000000000000"'


async def connect(administrator: Api, sandbox: Sandbox, connection: str, **changes: Any) -> Answered:
    wanted = {
        "id": connection,
        "display_name": f"Account of {connection}",
        "api_url": sandbox.url,
        "api_key": sandbox.api_key,
        "consent": CONSENT,
    } | changes
    body = {name: value for name, value in wanted.items() if value is not None}
    return await ask(administrator, "POST", "connections", body)


async def patch(administrator: Api, connection: str, **changes: Any) -> Answered:
    etag = (await ask(administrator, "GET", f"connections/{connection}")).etag
    return await ask(administrator, "PATCH", f"connections/{connection}", changes, etag=etag)


async def export(administrator: Api, name: str, connection: str) -> None:
    wanted = {
        "id": name,
        "name": name,
        "connection": connection,
        "list_id": 1,
        "segments": [{"name": name}],
        "mapping": {"email": "EMail"},
    }
    await administrator.post("exports", wanted)


def secrets_for(deployment: Deployment, connection: str) -> list[str]:
    """The secrets in the vault that were made for a connection."""
    return [
        secret.name
        for secret in deployment.tenant.vault.secrets.newest()
        if secret.properties.tags.get("segment-export-connection") == connection
    ]


async def audited(deployment: Deployment, subject: str) -> list[dict[str, Any]]:
    """The lines of the audit log about one thing."""
    container = deployment.settings()["AUDIT_CONTAINER"]
    async with ContainerClient.from_connection_string(
        deployment.azurite.connection_string, container
    ) as audit:
        blobs = [await (await audit.download_blob(name)).readall() async for name in audit.list_blob_names()]
    lines = [json.loads(line) for blob in blobs for line in blob.splitlines()]
    return [line for line in lines if line["subject"] == subject]


async def test_the_text_of_the_consent_is_there_to_be_read(contributor: Api) -> None:
    text = await ask(contributor, "GET", "consent")

    assert (text.status, text.json["version"]) == (200, "1")
    assert "double opt-in" in text.json["text"]


async def test_a_typed_key_is_in_the_vault_and_nowhere_else(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    made = await connect(administrator, sandbox, "typed")

    (name,) = secrets_for(deployment, "typed")
    stored = await (await deployment.state.download_blob("connections/typed.json")).readall()
    (line,) = await audited(deployment, "connections/typed")
    assert (made.status, made.headers["Location"]) == (201, "/api/connections/typed")
    assert made.json["api_key_secret"] == name
    assert name.startswith("activecampaign-typed-")
    assert deployment.tenant.vault.secrets.get(name).value == sandbox.api_key
    assert made.json["consent"]["accepted_by"] == line["caller"] == "ann@example.org"
    assert sandbox.api_key not in json.dumps([made.json, line]) + stored.decode()


async def test_a_key_can_be_a_secret_that_somebody_else_put_into_the_vault(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    deployment.tenant.vault.secrets.set("activecampaign-theirs", sandbox.api_key)

    made = await connect(
        administrator, sandbox, "named", api_key=None, api_key_secret="activecampaign-theirs"
    )

    assert (made.status, made.json["api_key_secret"]) == (201, "activecampaign-theirs")
    assert secrets_for(deployment, "named") == []


async def test_a_secret_with_a_typed_key_is_no_other_connections_to_name(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    made = await connect(administrator, sandbox, "owner")

    thief = await connect(
        administrator, sandbox, "thief", api_key=None, api_key_secret=made.json["api_key_secret"]
    )

    assert (thief.status, thief.json["pointer"]) == (422, "/api_key_secret")
    assert "typed for a connection" in thief.json["detail"]


async def test_where_the_app_may_not_write_secrets_a_typed_key_is_refused_and_says_so(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    deployment.tenant.vault.faults.answer(403)

    refused = await connect(administrator, sandbox, "unwritable")

    assert (refused.status, refused.json["pointer"]) == (422, "/api_key")
    assert "may not write secrets" in refused.json["detail"]
    assert "api_key_secret" in refused.json["detail"]
    assert (await ask(administrator, "GET", "connections/unwritable")).status == 404


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"consent": CONSENT | {"text_version": "0"}}, "/consent/text_version"),
        ({"consent": CONSENT | {"accepted": False}}, "/consent/accepted"),
        ({"consent": None}, "/consent"),
        ({"api_url": "https://104.16.1.1"}, "/api_url"),
        ({"api_url": "https://168.63.129.16"}, "/api_url"),
        ({"api_key": "two\nlines"}, "/api_key"),
        ({"api_key": None}, "/api_key"),
        ({"api_key": None, "api_key_secret": "segment-export-ledger"}, "/api_key_secret"),
        ({"api_key": None, "api_key_secret": "activecampaign-/../x"}, "/api_key_secret"),
        ({"active": "yes"}, "/active"),
        ({"id": "Main"}, "/id"),
    ],
)
async def test_a_connection_that_cannot_be_leaves_no_secret_behind(
    administrator: Api, deployment: Deployment, sandbox: Sandbox, changes: dict[str, Any], pointer: str
) -> None:
    before = len(deployment.tenant.vault.secrets.newest())

    refused = await connect(administrator, sandbox, "impossible", **changes)

    assert (refused.status, refused.json["pointer"]) == (422, pointer)
    assert len(deployment.tenant.vault.secrets.newest()) == before


async def test_an_id_that_is_taken_is_a_conflict(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    await connect(administrator, sandbox, "taken")

    again = await connect(administrator, sandbox, "taken")

    assert again.status == 409
    assert len(secrets_for(deployment, "taken")) == 1


async def test_a_contributor_sees_the_names_of_shared_connections_only(
    administrator: Api, contributor: Api, sandbox: Sandbox
) -> None:
    await connect(administrator, sandbox, "shared", allow_contributors=True)
    await connect(administrator, sandbox, "private")
    reduced = {"id": "shared", "display_name": "Account of shared", "type": "activecampaign"}

    listed = await ask(contributor, "GET", "connections")
    shown = await ask(contributor, "GET", "connections/shared")
    refused = await ask(contributor, "GET", "connections/private")
    full = await ask(administrator, "GET", "connections/shared")

    assert listed.json == {"connections": [reduced]}
    assert (shown.json, "ETag" in shown.headers) == (reduced, False)
    assert refused.status == 403
    assert (full.json["api_url"], full.etag != "") == (sandbox.url, True)


async def test_connections_are_listed_by_id_a_page_at_a_time(administrator: Api, sandbox: Sandbox) -> None:
    for name in ("page-b", "page", "page-a"):
        await connect(administrator, sandbox, name)

    first = await ask(administrator, "GET", "connections?continuation=pag&limit=2")
    rest = await ask(administrator, "GET", f"connections?limit=1&continuation={first.json['continuation']}")
    ids = [one["id"] for answer in (first, rest) for one in answer.json["connections"]]

    assert ids == ["page", "page-a", "page-b"]
    assert (await ask(administrator, "GET", "connections?limit=0")).status == 422


async def test_a_change_needs_the_version_that_was_read(administrator: Api, sandbox: Sandbox) -> None:
    made = await connect(administrator, sandbox, "edited")
    path, change = "connections/edited", {"display_name": "New"}

    unseen = await ask(administrator, "PATCH", path, change)
    changed = await ask(administrator, "PATCH", path, change, etag=made.etag)
    again = await ask(administrator, "PATCH", path, {"display_name": "Newer"}, etag=made.etag)

    assert (unseen.status, changed.status, again.status) == (428, 200, 412)
    assert (await ask(administrator, "GET", path)).json == changed.json
    assert changed.json["display_name"] == "New"


async def test_a_rotated_key_has_a_secret_of_its_own_and_the_old_one_goes(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    (await connect(administrator, sandbox, "rotated"))
    (old,) = secrets_for(deployment, "rotated")

    rotated = await patch(administrator, "rotated", api_key="another-key")

    (new,) = secrets_for(deployment, "rotated")
    assert (rotated.status, rotated.json["api_key_secret"]) == (200, new)
    assert new != old
    assert deployment.tenant.vault.secrets.get(new).value == "another-key"
    assert "another-key" not in json.dumps([rotated.json, *await audited(deployment, "connections/rotated")])


async def test_a_secret_that_the_app_did_not_make_outlives_the_rotation(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    deployment.tenant.vault.secrets.set("activecampaign-kept", sandbox.api_key)
    await connect(administrator, sandbox, "keeping", api_key=None, api_key_secret="activecampaign-kept")

    await patch(administrator, "keeping", api_key="typed-instead")
    back = await patch(administrator, "keeping", api_key_secret="activecampaign-kept")

    assert back.json["api_key_secret"] == "activecampaign-kept"
    assert deployment.tenant.vault.secrets.get("activecampaign-kept").value == sandbox.api_key
    assert secrets_for(deployment, "keeping") == []


async def test_an_unsuccessful_rotation_leaves_the_old_key_in_place(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    await connect(administrator, sandbox, "unrotated")
    before = secrets_for(deployment, "unrotated")

    stale = await ask(administrator, "PATCH", "connections/unrotated", {"api_key": "another-key"}, etag=STALE)
    removed = await patch(administrator, "unrotated", api_key=None)

    assert (stale.status, removed.status, removed.json["pointer"]) == (412, 422, "/api_key")
    assert secrets_for(deployment, "unrotated") == before


async def test_another_host_needs_key_and_consent_anew(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    await connect(administrator, sandbox, "moving")
    (old,) = secrets_for(deployment, "moving")
    url = "https://acme.api-us1.com/api/3"

    bare = await patch(administrator, "moving", api_url=url)
    keyed = await patch(administrator, "moving", api_url=url, api_key="k3y")
    same_secret = await patch(administrator, "moving", api_url=url, api_key_secret=old, consent=CONSENT)
    moved = await patch(administrator, "moving", api_url=url, api_key="k3y", consent=CONSENT)

    assert [answer.status for answer in (bare, keyed, same_secret, moved)] == [422, 422, 422, 200]
    assert [answer.json["pointer"] for answer in (bare, keyed, same_secret)] == [
        "/api_key",
        "/consent",
        "/api_key_secret",
    ]
    assert (moved.json["api_url"], moved.json["account"]) == ("https://acme.api-us1.com", "acme")
    assert secrets_for(deployment, "moving") == [moved.json["api_key_secret"]]


async def test_the_same_host_in_another_form_is_no_other_host(administrator: Api, sandbox: Sandbox) -> None:
    await connect(administrator, sandbox, "respelled")

    changed = await patch(administrator, "respelled", api_url=f"{sandbox.url}/api/3/")

    assert (changed.status, changed.json["api_url"]) == (200, sandbox.url)


async def test_consent_can_be_withdrawn_and_given_again(administrator: Api, sandbox: Sandbox) -> None:
    made = await connect(administrator, sandbox, "consenting")

    withdrawn = await patch(administrator, "consenting", consent=None)
    given = await patch(administrator, "consenting", consent=CONSENT)

    assert "consent" not in withdrawn.json
    assert given.json["consent"]["accepted_at"] > made.json["consent"]["accepted_at"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id": "other"}, "/id"),
        ({"display_name": None}, "/display_name"),
        ({"active": "no"}, "/active"),
        ({"consent": {"accepted": True}}, "/consent/text_version"),
        ({"api_url": "https://10.0.0.1"}, "/api_url"),
        ({"api_key": "k3y", "api_key_secret": "activecampaign-x"}, "/api_key"),
    ],
)
async def test_a_change_that_cannot_be_names_the_field(
    administrator: Api, sandbox: Sandbox, changes: dict[str, Any], pointer: str
) -> None:
    await connect(administrator, sandbox, "unchanged")

    refused = await patch(administrator, "unchanged", **changes)

    assert (refused.status, refused.json["pointer"]) == (422, pointer)


async def test_a_good_connection_passes_its_test_and_nobody_is_sent(
    administrator: Api, sandbox: Sandbox
) -> None:
    await connect(administrator, sandbox, "tested")

    tested = await ask(administrator, "POST", "connections/tested/test")

    assert (tested.status, tested.json["passed"]) == (200, True)
    assert [(one["subject"], one["result"]) for one in tested.json["findings"]] == [
        ("host", "passed"),
        ("credentials", "passed"),
        ("lists", "passed"),
        ("import_permission", "passed"),
        ("contact_allowance", "passed"),
    ]
    assert sandbox.evidence()["batches_accepted"] == 0


async def test_a_test_that_fails_is_a_200_that_says_what_to_change(
    administrator: Api, sandbox: Sandbox
) -> None:
    await connect(administrator, sandbox, "unreachable", api_url="http://127.0.0.1:9")

    tested = await ask(administrator, "POST", "connections/unreachable/test")

    assert (tested.status, tested.json["passed"]) == (200, False)
    host, *others = tested.json["findings"]
    assert (host["result"], "Check the API URL" in host["message"]) == ("failed", True)
    assert {one["result"] for one in others} == {"unknown"}


async def test_lists_and_fields_are_found_by_a_part_of_their_names(
    administrator: Api, contributor: Api, sandbox: Sandbox
) -> None:
    await connect(administrator, sandbox, "browsed", allow_contributors=True)
    for number in range(130):
        sandbox.add_list(f"Campaign {number}")
    sandbox.add_field("Favourite colour", type="dropdown", options=["red", "blue"])

    everything = await ask(contributor, "GET", "connections/browsed/lists")
    lists = await ask(contributor, "GET", "connections/browsed/lists?search=NEWS")
    fields = await ask(contributor, "GET", "connections/browsed/fields?search=colour")

    assert len(everything.json["lists"]) == 131
    assert lists.json == {"lists": [{"list_id": 1, "name": "Newsletter"}]}
    (field,) = fields.json["fields"]
    assert (field["title"], field["type"], field["options"]) == (
        "Favourite colour",
        "dropdown",
        ["red", "blue"],
    )
    assert field["tag"] == "%FAVOURITE_COLOUR%"


async def test_what_activecampaign_does_not_answer_is_a_502(administrator: Api, sandbox: Sandbox) -> None:
    await connect(administrator, sandbox, "silent", api_url="http://127.0.0.1:9")

    lists = await ask(administrator, "GET", "connections/silent/lists")
    fields = await ask(administrator, "GET", "connections/silent/fields")

    assert (lists.status, fields.status) == (502, 502)
    assert "not reached" in lists.json["detail"]


async def test_a_connection_in_use_stays_and_says_who_uses_it(administrator: Api, sandbox: Sandbox) -> None:
    made = await connect(administrator, sandbox, "used")
    await export(administrator, "user-a", "used")
    await export(administrator, "user-b", "used")

    refused = await ask(administrator, "DELETE", "connections/used", etag=made.etag)

    assert refused.status == 409
    assert refused.json["type"].endswith(":connection_in_use")
    assert refused.json["exports"] == ["user-a", "user-b"]
    assert "exports=detach" in refused.json["detail"]
    assert (await ask(administrator, "GET", "connections/used")).status == 200


async def test_removing_detaches_exports_on_request(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    made = await connect(administrator, sandbox, "left")
    await export(administrator, "left-behind", "left")

    stale = await ask(administrator, "DELETE", "connections/left?exports=detach", etag=STALE)
    still = await ask(administrator, "GET", "exports/left-behind")
    removed = await ask(administrator, "DELETE", "connections/left?exports=detach", etag=made.etag)
    detached = await ask(administrator, "GET", "exports/left-behind")

    assert (stale.status, still.json["connection"]) == (412, "left")
    assert (removed.status, removed.json) == (204, None)
    assert (detached.status, "connection" in detached.json) == (200, False)
    assert (await ask(administrator, "GET", "connections/left")).status == 404
    assert secrets_for(deployment, "left") == []


async def test_removing_removes_exports_on_request_and_is_in_the_audit_log(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    made = await connect(administrator, sandbox, "doomed")
    await export(administrator, "doomed-too", "doomed")

    removed = await ask(administrator, "DELETE", "connections/doomed?exports=remove", etag=made.etag)

    lines = await audited(deployment, "connections/doomed")
    assert removed.status == 204
    assert (await ask(administrator, "GET", "exports/doomed-too")).status == 404
    assert [line["operation"] for line in lines] == ["create_connection", "remove_connection"]
    assert (lines[1]["exports"], lines[1]["of"]) == ("remove", "doomed-too")


async def test_a_secret_that_cannot_be_deleted_does_not_keep_the_connection(
    administrator: Api, deployment: Deployment, sandbox: Sandbox
) -> None:
    made = await connect(administrator, sandbox, "sticky")
    deployment.tenant.vault.faults.answer(403)

    removed = await ask(administrator, "DELETE", "connections/sticky", etag=made.etag)

    assert removed.status == 204
    assert len(secrets_for(deployment, "sticky")) == 1


async def test_removing_needs_the_version_that_was_read_and_a_known_word(
    administrator: Api, sandbox: Sandbox
) -> None:
    made = await connect(administrator, sandbox, "careful")

    unseen = await ask(administrator, "DELETE", "connections/careful")
    unknown = await ask(administrator, "DELETE", "connections/careful?exports=forget", etag=made.etag)
    nobody = await ask(administrator, "DELETE", "connections/nobody", etag=made.etag)

    assert (unseen.status, unknown.status, nobody.status) == (428, 422, 404)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"active": False}, "is paused"), ({"consent": None}, "consent to connection")],
)
async def test_pausing_and_withdrawing_consent_ask_the_runs_to_stop(
    administrator: Api, deployment: Deployment, sandbox: Sandbox, changes: dict[str, Any], words: str
) -> None:
    name = f"stopping-{next(iter(changes))}"
    await connect(administrator, sandbox, name)
    await export(administrator, name, name)
    run = await administrator.post(f"exports/{name}/runs")

    await patch(administrator, name, **changes)

    orders = await (await deployment.state.download_blob(f"runs/{run['id']}/orders.json")).readall()
    assert words in json.loads(orders)["cancel_by"]
    assert "ann@example.org" in json.loads(orders)["cancel_by"]
