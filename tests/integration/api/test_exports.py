"""Exports over HTTP: checking, making, looking, changing, copying, detaching and removing them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from azure.storage.blob.aio import ContainerClient

from tests.integration.api.answers import Answered, ask
from tests.integration.api.conftest import signed_in
from tests.pipeline import MAPPING, people, row
from tests.pipeline.segments import write_segment
from tools.deployment import Api, Deployment
from tools.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

STALE = '"0x8D0000000000000"'
ALL = ["change", "run", "duplicate", "detach", "remove"]


def wanted(export: str, **changes: Any) -> dict[str, Any]:
    """An export of the segment Vip, that nothing starts, into list 1; None takes a field away."""
    usual = {
        "id": export,
        "name": f"The export {export}",
        "connection": "shared",
        "list_id": 1,
        "segments": [{"name": "Vip"}],
        "mapping": MAPPING,
        "schedule": "off",
    } | changes
    return {name: value for name, value in usual.items() if value is not None}


async def connect(administrator: Api, sandbox: Sandbox, connection: str, **changes: Any) -> None:
    body = {
        "id": connection,
        "display_name": f"Account {connection}",
        "api_url": sandbox.url,
        "api_key": sandbox.api_key,
        "consent": {"accepted": True, "text_version": "1"},
    }
    await administrator.post("connections", body | changes)


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def furnished(administrator: Api, deployment: Deployment, sandbox: Sandbox) -> AsyncIterator[None]:
    """A connection that contributors may use, one that they may not, one that leads nowhere, two segments."""
    for name in ("VIP", "Offers", "offers"):
        sandbox.add_list(name)
    sandbox.add_field("City of birth")
    await write_segment(deployment.segments, "Vip", [people(3), [row(9, EMail="nobody")]])
    await write_segment(deployment.segments, "New", [people(2)])
    await connect(administrator, sandbox, "shared", allow_contributors=True)
    await connect(administrator, sandbox, "private")
    nowhere = {"api_url": "http://127.0.0.1:9", "allow_contributors": True}
    await connect(administrator, sandbox, "nowhere", **nowhere)
    yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def viewer(deployment: Deployment) -> Api:
    return signed_in(deployment, "Viewer", "vic@example.org")


async def make(api: Api, export: str, **changes: Any) -> Answered:
    made = await ask(api, "POST", "exports", wanted(export, **changes))
    assert made.status == 201, made.json
    return made


async def patch(api: Api, export: str, **changes: Any) -> Answered:
    etag = (await ask(api, "GET", f"exports/{export}")).etag
    return await ask(api, "PATCH", f"exports/{export}", changes, etag=etag)


async def remove(api: Api, export: str) -> Answered:
    etag = (await ask(api, "GET", f"exports/{export}")).etag
    return await ask(api, "DELETE", f"exports/{export}", etag=etag)


async def listed(api: Api, query: str = "") -> list[dict[str, Any]]:
    return list((await ask(api, "GET", f"exports?limit=100&{query}")).json["exports"])


async def orders(deployment: Deployment, run: str) -> dict[str, Any]:
    """What was asked of a run."""
    stream = await deployment.state.download_blob(f"runs/{run}/orders.json")
    return dict(json.loads(await stream.readall()))


async def audited(deployment: Deployment, subject: str) -> list[dict[str, Any]]:
    """The lines of the audit log about one thing."""
    container = deployment.settings()["AUDIT_CONTAINER"]
    async with ContainerClient.from_connection_string(
        deployment.azurite.connection_string, container
    ) as audit:
        blobs = [await (await audit.download_blob(name)).readall() async for name in audit.list_blob_names()]
    lines = [json.loads(line) for blob in blobs for line in blob.splitlines()]
    return [line for line in lines if line["subject"] == subject]


def refused(answer: Answered) -> tuple[int, str | None]:
    return answer.status, answer.json.get("pointer")


# making


async def test_what_was_made_is_shown_with_what_the_caller_may_do(contributor: Api, viewer: Api) -> None:
    made = await make(contributor, "made", honour_opt_outs_of=[2])

    shown = await ask(viewer, "GET", "exports/made")

    assert made.headers["Location"] == "/api/exports/made"
    assert (made.json["updated_by"], made.json["permissions"]) == ("bob@example.org", ALL)
    assert (shown.status, shown.etag, shown.json["permissions"]) == (200, made.etag, [])
    assert shown.json["honour_opt_outs_of"] == [2]
    assert "warnings" not in shown.json


async def test_an_id_is_made_up_where_none_is_given(contributor: Api) -> None:
    made = await ask(contributor, "POST", "exports", wanted("", id=None))

    assert made.status == 201
    assert (await ask(contributor, "GET", made.headers["Location"].removeprefix("/api/"))).status == 200


async def test_a_list_may_be_given_by_name_and_is_shown_by_its_id(contributor: Api) -> None:
    segments = [{"name": "Vip"}, {"name": "New", "list": "Offers"}]

    made = await make(contributor, "by-name", list_id=None, list="vip", segments=segments)
    changed = await patch(contributor, "by-name", list="Newsletter")

    assert (made.json["list_id"], made.json["segments"][1]["list_id"]) == (2, 3)
    assert (changed.status, changed.json["list_id"]) == (200, 1)
    assert "list" not in changed.json


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id": "No Slug"}, "/id"),
        ({"connection": "unknown"}, "/connection"),
        ({"list_id": 99}, "/list_id"),
        ({"list_id": None}, "/list_id"),
        ({"list_id": None, "list": "OFFERS"}, "/list"),
        ({"segments": [{"name": "Vips"}]}, "/segments/0/name"),
        ({"segments": [{"name": "Vip"}, {"name": "Vip"}]}, "/segments/1/name"),
        ({"mapping": {"email": "Mail"}}, "/mapping/email"),
        ({"mapping": {"email": "EMail", "fields": {"Country": "City"}}}, "/mapping/fields/Country"),
        ({"honour_opt_outs_of": [99]}, "/honour_opt_outs_of/0"),
        ({"schedule": {"kind": "daily", "times": ["25:00"], "time_zone": "UTC"}}, "/schedule/times/0"),
        ({"guards": {"rejected_share": 2}}, "/guards/rejected_share"),
    ],
)
async def test_what_is_wrong_is_found_at_saving_and_nothing_is_saved(
    contributor: Api, changes: dict[str, Any], pointer: str
) -> None:
    answer = await ask(contributor, "POST", "exports", wanted("wrong") | changes)

    assert refused(answer) == (422, pointer)
    assert (await ask(contributor, "GET", "exports/wrong")).status == 404


async def test_an_export_that_cannot_be_checked_now_is_saved_with_a_warning(contributor: Api) -> None:
    made = await make(contributor, "unchecked", connection="nowhere", list_id=99)

    assert [warning["pointer"] for warning in made.json["warnings"]] == ["/connection"]
    assert "could not be checked" in made.json["warnings"][0]["message"]


async def test_a_list_that_another_export_feeds_is_a_warning(contributor: Api) -> None:
    await make(contributor, "first", list_id=4)

    second = await make(contributor, "second", list_id=4)
    again = await patch(contributor, "second", list_id=4)

    for answer in (second, again):
        (warning,) = answer.json["warnings"]
        assert (warning["pointer"], "'first'" in warning["message"]) == ("/list_id", True)


async def test_an_id_that_is_taken_is_a_conflict(contributor: Api) -> None:
    await make(contributor, "taken")

    assert (await ask(contributor, "POST", "exports", wanted("taken"))).status == 409


# validating, previewing


async def test_validating_finds_everything_at_once_and_saves_nothing(contributor: Api) -> None:
    body = wanted("candidate", list_id=99, segments=[{"name": "Vips"}], mapping={"email": "Mail"})

    right = await ask(contributor, "POST", "exports/validate", wanted("candidate"))
    wrong = await ask(contributor, "POST", "exports/validate", body)
    malformed = await ask(contributor, "POST", "exports/validate", body | {"name": 5, "tags": "vip"})

    assert (right.status, right.json["valid"], right.json["problems"]) == (200, True, [])
    assert (wrong.status, wrong.json["valid"]) == (200, False)
    assert {problem["pointer"] for problem in wrong.json["problems"]} == {"/list_id", "/segments/0/name"}
    assert {problem["pointer"] for problem in malformed.json["problems"]} == {"/name", "/tags"}
    assert (await ask(contributor, "GET", "exports/candidate")).status == 404


async def test_what_is_no_json_cannot_be_validated(contributor: Api) -> None:
    async with contributor.session.post(
        f"{contributor.url}/api/exports/validate", data=b"{", headers=contributor.headers
    ) as answer:
        assert answer.status == 422


async def test_a_preview_shows_masked_contacts_and_what_would_be_rejected(contributor: Api) -> None:
    body = wanted("candidate", mapping=MAPPING | {"fields": {"%CITY_OF_BIRTH%": "City"}})

    shown = await ask(contributor, "POST", "exports/preview", body)

    (segment,) = shown.json["segments"]
    assert (segment["segment"], segment["rows"], segment["rejected"]) == ("Vip", 4, {"address_invalid": 1})
    assert segment["contacts"][0] == {
        "email": "p***@e***.com",
        "first_name": "F***",
        "last_name": "L***",
        "phone": "+***",
        "fields": {"%CITY_OF_BIRTH%": "U***"},
    }


async def test_a_preview_says_what_keeps_it_from_being_shown(contributor: Api) -> None:
    fields = MAPPING | {"fields": {"City": "City"}}

    unknown = await ask(contributor, "POST", "exports/preview", wanted("p", segments=[{"name": "Vips"}]))
    unreachable = await ask(
        contributor, "POST", "exports/preview", wanted("p", connection="nowhere", mapping=fields)
    )

    assert refused(unknown) == (422, "/segments/0/name")
    assert unreachable.status == 502


# changing


async def test_two_editors_at_once_lose_nothing(administrator: Api, contributor: Api) -> None:
    etag = (await make(contributor, "edited")).etag

    first = await ask(contributor, "PATCH", "exports/edited", {"name": "First"}, etag=etag)
    second = await ask(administrator, "PATCH", "exports/edited", {"tags": ["second"]}, etag=etag)
    shown = await ask(contributor, "GET", "exports/edited")

    assert (first.status, second.status) == (200, 412)
    assert (shown.json["name"], shown.json["tags"], shown.etag) == ("First", [], first.etag)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_change_needs_the_version_that_was_read(contributor: Api, method: str) -> None:
    export = f"versioned-{method.lower()}"
    await make(contributor, export)
    body = {"name": "x"} if method == "PATCH" else None

    missing = await ask(contributor, method, f"exports/{export}", body)
    stale = await ask(contributor, method, f"exports/{export}", body, etag=STALE)

    assert (missing.status, stale.status) == (428, 412)
    assert (await ask(contributor, "GET", f"exports/{export}")).json["name"] == f"The export {export}"


async def test_a_change_is_checked_as_a_whole(contributor: Api) -> None:
    await make(contributor, "changed", mapping={"email": "EMail"})

    wrong = await patch(contributor, "changed", mapping={"phone": "Fax"})
    right = await patch(contributor, "changed", mapping={"phone": "Telephone"})

    assert refused(wrong) == (422, "/mapping/phone")
    assert right.json["mapping"] == {"email": "EMail", "phone": "Telephone", "fields": {}}


async def test_a_broken_export_can_be_paused_but_not_activated(contributor: Api, sandbox: Sandbox) -> None:
    doomed = sandbox.add_list("Doomed")
    await make(contributor, "broken", list_id=doomed)
    sandbox.account.directory.delete_list(doomed)

    paused = await patch(contributor, "broken", active=False)
    activated = await patch(contributor, "broken", active=True)

    assert (paused.status, paused.json["active"]) == (200, False)
    assert refused(activated) == (422, "/list_id")


async def test_running_never_makes_an_editors_version_stale(contributor: Api) -> None:
    etag = (await make(contributor, "running")).etag

    await contributor.post("exports/running/runs")

    assert (await ask(contributor, "PATCH", "exports/running", {"name": "x"}, etag=etag)).status == 200


# copying


async def test_a_copy_does_not_run_by_itself(contributor: Api) -> None:
    await make(contributor, "original", tags=["vip"])

    copy = await ask(contributor, "POST", "exports/original/duplicate", {"id": "copy", "name": "Another"})
    unnamed = await ask(contributor, "POST", "exports/original/duplicate", {})

    assert (copy.status, copy.headers["Location"]) == (201, "/api/exports/copy")
    assert (copy.json["name"], copy.json["active"], copy.json["tags"]) == ("Another", False, ["vip"])
    assert unnamed.json["name"] == "Copy of The export original"


async def test_a_copy_needs_an_original_and_an_id_of_its_own(contributor: Api) -> None:
    await make(contributor, "again")

    taken = await ask(contributor, "POST", "exports/again/duplicate", {"id": "again"})
    wrong = await ask(contributor, "POST", "exports/again/duplicate", {"id": "Not A Slug"})
    missing = await ask(contributor, "POST", "exports/nothing/duplicate", {})

    assert (taken.status, refused(wrong), missing.status) == (409, (422, "/id"), 404)


# detaching and attaching


async def test_a_detached_export_keeps_its_settings_and_does_not_run(
    contributor: Api, deployment: Deployment
) -> None:
    await make(contributor, "detached", tags=["kept"])
    run = await contributor.post("exports/detached/runs")

    detached = await ask(contributor, "POST", "exports/detached/detach")
    again = await ask(contributor, "POST", "exports/detached/detach")
    start = await ask(contributor, "POST", "exports/detached/runs", {})

    assert (detached.status, detached.json["active"], detached.json["tags"]) == (200, True, ["kept"])
    assert "connection" not in detached.json
    assert (again.status, again.etag) == (200, detached.etag)
    assert (await orders(deployment, run["id"]))["cancel_by"] == "bob@example.org, who detached the export"
    assert start.status == 409
    assert "attach one" in start.json["detail"]


async def test_attaching_a_connection_brings_an_export_back(contributor: Api) -> None:
    await make(contributor, "attached", connection=None)

    unknown = await patch(contributor, "attached", connection="unknown")
    attached = await patch(contributor, "attached", connection="shared")
    run = await ask(contributor, "POST", "exports/attached/runs", {})

    assert refused(unknown) == (422, "/connection")
    assert (attached.status, attached.json["connection"], run.status) == (200, "shared", 202)


async def test_a_patch_detaches_too(contributor: Api, deployment: Deployment) -> None:
    await make(contributor, "patched-away")
    run = await contributor.post("exports/patched-away/runs")

    detached = await patch(contributor, "patched-away", connection=None)

    assert "connection" not in detached.json
    assert [warning["pointer"] for warning in detached.json["warnings"]] == ["/connection"]
    assert "detached the export" in (await orders(deployment, run["id"]))["cancel_by"]


# removing


async def test_removing_stops_the_run_and_keeps_the_history(contributor: Api, deployment: Deployment) -> None:
    await make(contributor, "removed")
    run = await contributor.post("exports/removed/runs")
    for blob in ("ledger/removed", "exports/removed/state.json"):
        await deployment.state.upload_blob(blob, b"{}", overwrite=True)

    removed = await remove(contributor, "removed")
    left = [name async for name in deployment.state.list_blob_names() if "removed" in name]

    assert removed.status == 204
    assert (await ask(contributor, "GET", "exports/removed")).status == 404
    assert (await ask(contributor, "DELETE", "exports/removed", etag=STALE)).status == 404
    assert (await orders(deployment, run["id"]))["cancel_by"] == "bob@example.org, who removed the export"
    assert (await contributor.get("runs?export=removed"))["runs"][0]["id"] == run["id"]
    assert left == ["active/removed", f"exports/removed/runs/{run['id']}"]


async def test_an_id_is_free_again_once_the_run_of_the_removed_export_is_over(
    contributor: Api, deployment: Deployment
) -> None:
    await make(contributor, "reborn")
    await contributor.post("exports/reborn/runs")
    await remove(contributor, "reborn")

    early = await ask(contributor, "POST", "exports", wanted("reborn"))
    await deployment.state.delete_blob("active/reborn")
    await deployment.state.upload_blob("ledger/reborn", b"of the one before")
    late = await ask(contributor, "POST", "exports", wanted("reborn"))
    (shown,) = await listed(contributor, "search=export%20reborn")

    assert (early.status, late.status) == (409, 201)
    assert "ledger/reborn" not in [name async for name in deployment.state.list_blob_names()]
    assert "last_run" not in shown


# listing


async def test_a_line_of_the_list_tells_what_is_worth_knowing(contributor: Api) -> None:
    daily = {"kind": "daily", "times": ["06:00", "18:00"], "time_zone": "Europe/Berlin"}
    await make(contributor, "line", name="Line to look at", schedule=daily)
    run = await contributor.post("exports/line/runs")

    (line,) = await listed(contributor, "search=LINE%20TO%20LOOK")

    assert line["last_run"] == {"id": run["id"], "state": "queued", "queued_at": run["queued_at"]}
    assert (line["connection"], line["connection_name"]) == ("shared", "Account shared")
    assert (line["type"], line["schedule"], len(line["next_times"])) == ("activecampaign", daily, 3)
    assert (line["updated_by"], line["permissions"]) == ("bob@example.org", ALL)
    assert "refreshed_at" not in line


async def test_an_export_that_does_not_run_by_itself_has_no_next_times(contributor: Api) -> None:
    daily = {"kind": "daily", "times": ["06:00"], "time_zone": "UTC"}
    await make(contributor, "paused", name="Quiet, paused", schedule=daily, active=False)
    await make(contributor, "loose", name="Quiet, loose", schedule=daily, connection=None)

    lines = await listed(contributor, "search=quiet")

    assert [(line["id"], line["next_times"]) for line in lines] == [("loose", []), ("paused", [])]


async def test_pages_hold_every_export_once_in_every_order(contributor: Api) -> None:
    for number in range(5):
        await make(contributor, f"page-{number}", name=f"Paged {number % 2}")

    for sort in ("-name", "state", "refreshed_at"):
        ids, continuation = list[str](), ""
        while True:
            page = await contributor.get(f"exports?search=paged&sort={sort}&limit=3{continuation}")
            ids += [line["id"] for line in page["exports"]]
            if "continuation" not in page:
                break
            continuation = f"&continuation={page['continuation']}"
        assert sorted(ids) == [f"page-{number}" for number in range(5)], sort


async def test_the_last_change_comes_first_where_that_is_asked_for(contributor: Api) -> None:
    await make(contributor, "older", name="Timed older")
    await make(contributor, "newer", name="Timed newer")
    await patch(contributor, "older", tags=["changed"])

    lines = await listed(contributor, "search=timed&sort=-updated_at")

    assert [line["id"] for line in lines] == ["older", "newer"]


@pytest.mark.parametrize("query", ["sort=colour", "limit=0", "limit=101", "continuation=gone", "colour=red"])
async def test_a_query_that_makes_no_sense_is_refused(contributor: Api, query: str) -> None:
    answer = await ask(contributor, "GET", f"exports?{query}")

    assert answer.status == 422
    assert query.partition("=")[0] in answer.json["detail"]


# who may


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "exports", wanted("x")),
        ("POST", "exports/validate", wanted("x")),
        ("POST", "exports/preview", wanted("x")),
        ("PATCH", "exports/anything", {"name": "x"}),
        ("DELETE", "exports/anything", None),
        ("POST", "exports/anything/duplicate", {}),
        ("POST", "exports/anything/detach", None),
    ],
)
async def test_viewers_only_look_and_strangers_not_even_that(
    viewer: Api, deployment: Deployment, method: str, path: str, body: dict[str, Any] | None
) -> None:
    stranger = deployment.api_with(None)

    assert (await ask(viewer, method, path, body, etag=STALE)).status == 403
    assert (await ask(stranger, method, path, body, etag=STALE)).status == 401


async def test_contributors_stay_off_connections_that_are_not_shared(
    administrator: Api, contributor: Api
) -> None:
    etag = (await make(administrator, "secret", connection="private")).etag
    path, mine = "exports/secret", wanted("mine", connection="private")
    await make(contributor, "open")

    answers = [
        await ask(contributor, "POST", "exports", mine),
        await ask(contributor, "POST", "exports/validate", mine),
        await ask(contributor, "POST", "exports/preview", mine),
        await ask(contributor, "PATCH", path, {"name": "x"}, etag=etag),
        await ask(contributor, "DELETE", path, etag=etag),
        await ask(contributor, "POST", f"{path}/duplicate", {}),
        await ask(contributor, "POST", f"{path}/detach"),
        await patch(contributor, "open", connection="private"),
    ]

    assert [answer.status for answer in answers] == [403] * len(answers)
    assert (await ask(contributor, "GET", path)).json["permissions"] == []
    assert (await ask(administrator, "GET", path)).json["permissions"] == ALL


async def test_every_change_is_in_the_audit_log(contributor: Api, deployment: Deployment) -> None:
    await make(contributor, "audited")
    await patch(contributor, "audited", name="Renamed")
    await ask(contributor, "POST", "exports/audited/duplicate", {"id": "audited-copy"})
    await ask(contributor, "POST", "exports/audited/detach")
    await remove(contributor, "audited")

    lines = await audited(deployment, "exports/audited")
    (copied,) = await audited(deployment, "exports/audited-copy")

    assert [line["operation"] for line in lines] == [
        "create_export",
        "change_export",
        "detach_export",
        "remove_export",
    ]
    assert {line["caller"] for line in lines} == {"bob@example.org"}
    assert (lines[1]["before"]["name"], lines[1]["after"]["name"]) == ("The export audited", "Renamed")
    assert ("before" in lines[0], "after" in lines[3], copied["operation"]) == (
        False,
        False,
        "duplicate_export",
    )
