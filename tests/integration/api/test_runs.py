"""Runs over HTTP: starting one and all, looking, canceling, approving, retrying, rejections."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.scene import FIRST, adds_up
from tests.integration.api.answers import Answered, ask
from tests.integration.api.conftest import SETTINGS
from tests.pipeline import COLUMNS, MAPPING, people
from tools.azurite import Azurite
from tools.deployment import Api, Deployment
from tools.sandbox import Sandbox
from tools.segments import write_segment

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "0" * 20
"""The id of a run that never was."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment(azurite: Azurite) -> AsyncIterator[Deployment]:
    """A deployment in which runs are worked on."""
    settings = {**SETTINGS, "AUDIT_CONTAINER": f"audit-{secrets.token_hex(5)}"}
    del settings["AzureWebJobs.work.Disabled"]
    async with Deployment(settings, azurite=azurite) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(deployment: Deployment, administrator: Api, sandbox: Sandbox) -> Deployment:
    """A shared connection `main` and a private one, and the segment Vip of 20 people."""
    for connection, shared in (("main", True), ("private", False)):
        await administrator.post(
            "connections",
            {
                "id": connection,
                "display_name": connection,
                "api_url": sandbox.url,
                "api_key": sandbox.api_key,
                "allow_contributors": shared,
                "consent": {"accepted": True, "text_version": "1"},
            },
        )
    await write_segment(deployment.segments, segment="Vip", columns=COLUMNS, rows=people(20), taken_at=FIRST)
    return deployment


async def export(administrator: Api, name: str, connection: str = "main", **changes: Any) -> str:
    wanted = {
        "id": name,
        "name": name,
        "connection": connection,
        "list_id": 1,
        "segments": [{"name": "Vip"}],
        "mapping": MAPPING,
        "schedule": "off",
    }
    await administrator.post("exports", wanted | changes)
    return name


async def run(api: Api, name: str, **options: bool) -> dict[str, Any]:
    """A run from its start to its end."""
    started = await ask(api, "POST", f"exports/{name}/runs", options)
    assert started.status == 202
    return await api.run_to_end(started.json["id"])


async def held(administrator: Api, name: str) -> dict[str, Any]:
    return await run(administrator, await export(administrator, name, guards={"row_cap": 3}))


def problem(answered: Answered) -> tuple[int, str]:
    return answered.status, answered.json["type"].rpartition(":")[2]


async def test_a_run_is_accepted_and_ends_with_counts_that_add_up(
    scene: Deployment, administrator: Api
) -> None:
    name = await export(administrator, "whole")

    started = await ask(administrator, "POST", f"exports/{name}/runs", {})
    ended = await administrator.run_to_end(started.json["id"])
    shown = await ask(administrator, "GET", f"runs/{ended['id']}")

    assert started.status == 202
    assert started.headers["Location"] == f"/api/runs/{ended['id']}"
    assert (ended["state"], ended["counts"]["imported"], adds_up(ended)) == ("successful", 20, True)
    assert ended["requested_by"] == "ann@example.org"
    assert shown.json["progress"]["chunks"] == shown.json["planned"]["chunks"] == 1
    assert shown.json["planned"]["new"] == 20


async def test_a_dry_run_shows_the_numbers_of_its_plan_and_sends_nothing(
    scene: Deployment, administrator: Api, sandbox: Sandbox
) -> None:
    name = await export(administrator, "dry", automations="always", guards={"row_cap": 3})
    before = sandbox.evidence()["batches_accepted"]

    ended = await run(administrator, name, dry_run=True)

    assert sandbox.evidence()["batches_accepted"] == before
    assert (ended["state"], ended["dry_run"], ended["automations"]) == ("held", True, 20)
    assert ended["planned"]["held"]
    assert ended["planned"]["id"] == ended["plan"]
    assert "20" in next(finding["message"] for finding in ended["findings"] if finding["holds"])


async def test_a_second_start_gives_the_run_under_way_and_changes_nothing(
    scene: Deployment, administrator: Api, sandbox: Sandbox
) -> None:
    name = await export(administrator, "twice")
    sandbox.set_knobs(latency=(0.5, 0.5))

    first = await ask(administrator, "POST", f"exports/{name}/runs", {})
    second = await ask(administrator, "POST", f"exports/{name}/runs", {"full": True})
    sandbox.set_knobs(latency=(0.0, 0.0))
    await administrator.run_to_end(first.json["id"])

    assert (second.status, second.json["id"], second.json["full"]) == (202, first.json["id"], False)


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_run_of_another_kind_than_the_one_under_way_is_refused(
    scene: Deployment, administrator: Api, sandbox: Sandbox, dry_run: bool
) -> None:
    name = await export(administrator, f"kinds-{dry_run}".lower())
    sandbox.set_knobs(latency=(0.5, 0.5))

    first = await ask(administrator, "POST", f"exports/{name}/runs", {"dry_run": dry_run})
    second = await ask(administrator, "POST", f"exports/{name}/runs", {"dry_run": not dry_run})
    sandbox.set_knobs(latency=(0.0, 0.0))
    await administrator.run_to_end(first.json["id"])

    assert problem(second) == (409, "conflict")
    assert f"run {first.json['id']}" in second.json["detail"]
    assert "cancel it" in second.json["detail"]


async def test_over_a_paused_connection_nothing_is_started(
    scene: Deployment, administrator: Api, sandbox: Sandbox
) -> None:
    made = await ask(
        administrator,
        "POST",
        "connections",
        {
            "id": "resting",
            "display_name": "Resting",
            "api_url": sandbox.url,
            "api_key": sandbox.api_key,
            "consent": {"accepted": True, "text_version": "1"},
            "active": False,
        },
    )
    name = await export(administrator, "over-resting", "resting")

    refused = await ask(administrator, "POST", f"exports/{name}/runs", {})
    shown = await ask(administrator, "GET", f"runs?export={name}")

    assert made.status == 201
    assert problem(refused) == (409, "conflict")
    assert "'resting' is paused" in refused.json["detail"]
    assert shown.json["runs"] == []


async def test_what_cannot_be_started_is_refused(
    scene: Deployment, administrator: Api, contributor: Api
) -> None:
    private = await export(administrator, "of-private", "private")
    detached = await export(administrator, "detached")
    await administrator.post(f"exports/{detached}/detach")

    unknown = await ask(administrator, "POST", "exports/nobodys/runs", {})
    forbidden = await ask(contributor, "POST", f"exports/{private}/runs", {})
    without = await ask(administrator, "POST", f"exports/{detached}/runs", {})
    misspelt = await ask(administrator, "POST", f"exports/{private}/runs", {"dryrun": True})

    assert problem(unknown) == (404, "not_found")
    assert problem(forbidden) == (403, "forbidden")
    assert problem(without) == (409, "conflict")
    assert (misspelt.status, misspelt.json["pointer"]) == (422, "/dryrun")


async def test_run_all_starts_what_runs_by_itself_and_says_what_it_left_out(
    scene: Deployment, administrator: Api, contributor: Api
) -> None:
    await export(administrator, "all-shared", schedule="on_refresh")
    await export(administrator, "all-private", "private", schedule="on_refresh")
    await export(administrator, "all-inactive", schedule="on_refresh", active=False)
    await export(administrator, "all-off")

    done = await ask(contributor, "POST", "runs")
    for started in done.json["started"]:
        await administrator.run_to_end(started["id"])
    left_out = {one["export"]: one["reason"] for one in done.json["left_out"]}

    assert done.status == 202
    assert [one["export"] for one in done.json["started"]] == ["all-shared"]
    assert "not shared with contributors" in left_out["all-private"]
    assert "not active" in left_out["all-inactive"]
    assert "off" in left_out["all-off"]


async def test_history_is_filtered_and_paged(scene: Deployment, administrator: Api) -> None:
    name = await export(administrator, "historic")
    ended = [await run(administrator, name, dry_run=dry) for dry in (True, False, True)]
    ids = [one["id"] for one in reversed(ended)]

    async def found(query: str) -> list[str]:
        answered = await ask(administrator, "GET", f"runs?export={name}&{query}")
        assert answered.status == 200
        return [one["id"] for one in answered.json["runs"]]

    first = await ask(administrator, "GET", f"runs?export={name}&limit=2")
    last = await ask(administrator, "GET", f"runs?export={name}&continuation={first.json['continuation']}")

    assert [one["id"] for one in (*first.json["runs"], *last.json["runs"])] == ids
    assert "continuation" not in last.json
    assert await found("state=failed,successful") == ids
    assert await found("state=failed,canceled") == []
    assert await found("trigger=retry") == []
    assert await found(f"since={ended[1]['queued_at']}") == ids[:2]
    assert await found(f"until={ended[1]['queued_at']}") == ids[2:]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("state=done", "state"),
        ("trigger=magic", "trigger"),
        ("since=yesterday", "since"),
        ("limit=0", "limit"),
        ("continuation=x", "continuation"),
        ("page=2", "page"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_named(
    scene: Deployment, administrator: Api, query: str, named: str
) -> None:
    answered = await ask(administrator, "GET", f"runs?{query}")

    assert problem(answered) == (422, "invalid_input")
    assert f"query parameter {named}:" in answered.json["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"runs/{NOBODY}"),
        ("GET", f"runs/{NOBODY}/rejections"),
        ("GET", "runs/No-Id"),
        ("POST", f"runs/{NOBODY}/cancel"),
        ("POST", f"runs/{NOBODY}/approve"),
        ("POST", f"runs/{NOBODY}/retry"),
    ],
)
async def test_a_run_that_never_was_is_not_found(
    scene: Deployment, administrator: Api, method: str, path: str
) -> None:
    body = {"plan": "x"} if path.endswith("approve") else None

    assert problem(await ask(administrator, method, path, body)) == (404, "not_found")


async def test_a_held_run_delivers_the_very_plan_that_is_approved(
    scene: Deployment, administrator: Api
) -> None:
    waiting = await held(administrator, "held")
    path = f"runs/{waiting['id']}/approve"

    without = await ask(administrator, "POST", path, {})
    another = await ask(administrator, "POST", path, {"plan": "another"})
    approved = await ask(administrator, "POST", path, {"plan": waiting["plan"]})
    ended = await administrator.run_until(waiting["id"], lambda found: found["state"] == "successful")
    again = await ask(administrator, "POST", path, {"plan": waiting["plan"]})

    assert (waiting["state"], ended["plan"], ended["approved_by"]) == (
        "held",
        waiting["plan"],
        "ann@example.org",
    )
    assert (without.status, without.json["pointer"]) == (422, "/plan")
    assert (another.status, approved.status, again.status) == (409, 202, 409)
    assert "look at it again" in another.json["detail"]
    assert "plan again" in again.json["detail"]


async def test_a_held_run_is_canceled_once(scene: Deployment, administrator: Api) -> None:
    waiting = await held(administrator, "unwanted")
    path = f"runs/{waiting['id']}/cancel"

    canceled = await ask(administrator, "POST", path)
    ended = await administrator.run_until(waiting["id"], lambda found: found["state"] == "canceled")
    again = await ask(administrator, "POST", path)

    assert (canceled.status, ended["reason"]) == (202, "canceled by ann@example.org")
    assert problem(again) == (409, "conflict")


async def test_contributors_may_not_touch_runs_of_a_connection_that_is_not_shared(
    scene: Deployment, administrator: Api, contributor: Api
) -> None:
    ended = await run(administrator, await export(administrator, "closed", "private"))

    answers = [
        await ask(
            contributor, "POST", f"runs/{ended['id']}/{what}", {"plan": "x"} if what == "approve" else None
        )
        for what in ("cancel", "approve", "retry")
    ]

    assert [answered.status for answered in answers] == [403, 403, 403]
    assert (await ask(contributor, "GET", f"runs/{ended['id']}")).status == 200


async def test_a_retry_sends_what_did_not_arrive(
    scene: Deployment, administrator: Api, sandbox: Sandbox
) -> None:
    sandbox.bounce("p7@example.com")
    name = await export(administrator, "retried", tags=["retried"])
    first = await run(administrator, name)

    started = await ask(administrator, "POST", f"runs/{first['id']}/retry")
    again = await administrator.run_to_end(started.json["id"])
    rejections = (await administrator.text(f"runs/{first['id']}/rejections")).splitlines()

    assert (first["state"], first["counts"]["failed"]) == ("completed_with_warnings", 1)
    assert (started.status, again["trigger"]) == (202, "retry")
    assert (again["counts"]["unchanged"], again["counts"]["planned"]) == (19, 1)
    assert rejections[0] == "segment,primary_key,position,stage,reason,hint"
    assert rejections[1].startswith(f"Vip,{7:032x},")
    assert ",failed,bounced," in rejections[1]


async def test_a_run_that_is_under_way_cannot_be_retried_and_has_no_rejections_yet(
    scene: Deployment, administrator: Api, sandbox: Sandbox
) -> None:
    name = await export(administrator, "early")
    sandbox.set_knobs(latency=(1.0, 1.0))

    started = (await ask(administrator, "POST", f"exports/{name}/runs", {})).json["id"]
    retried = await ask(administrator, "POST", f"runs/{started}/retry")
    rejections = await ask(administrator, "GET", f"runs/{started}/rejections")
    sandbox.set_knobs(latency=(0.0, 0.0))
    await administrator.run_to_end(started)

    assert problem(retried) == (409, "conflict")
    assert problem(rejections) == (404, "not_found")
