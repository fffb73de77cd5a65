"""Messages that nobody should have sent, and slices that fail again and again."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.scene import App, account, addresses, adds_up
from tools.proxy import Fault
from tools.sandbox import Sandbox

SLOW = (1.0, 1.0)
"""Seconds an import takes; a slice of two seconds sends at most nine chunks."""

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("hello", id="no JSON"),
        pytest.param("[1, 2]", id="no object"),
        pytest.param('{"run": "r"}', id="no slice"),
        pytest.param('{"run": "r", "slice": "two"}', id="no number"),
        pytest.param('{"run": "nobody-knows-me", "slice": 1}', id="an unknown run"),
        pytest.param('{"run": "../connections/main", "slice": 1}', id="a path"),
        pytest.param('{"run": "", "slice": 1}', id="an empty id"),
    ],
)
async def test_a_message_that_is_no_job_is_dropped_at_once(app: App, message: str) -> None:
    before = len(_worked(app))

    await app.deployment.jobs.send_message(message)

    await app.deployment.host.wait_for(lambda host: len(_worked(app)) > before)
    assert _worked(app)[-1].ok
    assert await _stays_empty(app)


async def test_a_job_of_a_slice_that_is_over_changes_nothing(app: App) -> None:
    async with account(app, "over") as sandbox:
        await app.export_of("over", "over", 10)
        run = await app.run("over")
        before = await app.blobs(f"runs/{run['id']}/")
        requests = sandbox.evidence()["requests"]

        for number in (1, 2, 99):
            await app.deployment.jobs.send_message(json.dumps({"run": run["id"], "slice": number}))

        assert await _stays_empty(app)
        assert await app.blobs(f"runs/{run['id']}/") == before
        assert sandbox.evidence()["requests"] == requests


async def test_a_run_is_revived_as_often_as_it_gets_on_in_between(app: App) -> None:
    async with account(app, "revived", bulk_latency=SLOW) as sandbox:
        await app.export_of("revived", "revived", 5000)
        run = await app.start("revived")
        await _accepts_another(sandbox)

        first = await _failing_until(app, run, lambda record: record.get("revived_at") is not None)
        await _accepts_another(sandbox)
        second = await _failing_until(app, run, lambda record: record["revived_at"] > first["revived_at"])

        ended = await app.deployment.api.run_to_end(run)
        assert not second.get("ending")
        assert ended["state"] == "successful"
        assert sandbox.members(1) == addresses(5000)


async def test_a_run_that_does_not_get_on_fails_and_commits_what_it_sent(app: App) -> None:
    async with account(app, "stuck", bulk_latency=SLOW) as sandbox:
        await app.export_of("stuck", "stuck", 3000)
        run = await app.start("stuck")
        await _accepts_another(sandbox)

        await _failing_until(app, run, lambda record: bool(record.get("ending")))

        ended = await app.deployment.api.run_to_end(run)
        report = await app.deployment.api.text(f"runs/{run}/rejections")
        unsent = [line for line in csv.DictReader(io.StringIO(report)) if line["stage"] == "unsent"]
        assert (ended["state"], ended["problem"]["code"]) == ("failed", "slice_failed")
        assert adds_up(ended)
        assert len(unsent) == ended["counts"]["unsent"] == 3000 - len(sandbox.members(1))
        assert await app.leftovers("stuck", run) == []
        again = await app.run("stuck")
        assert sandbox.members(1) == addresses(3000)
        assert again["state"] == "successful"


@pytest.mark.parametrize(
    "broken", [pytest.param(None, id="missing"), pytest.param(b"{", id="edited into nonsense")]
)
async def test_a_run_whose_plan_is_broken_fails_and_says_so(app: App, broken: bytes | None) -> None:
    name = "plan-gone" if broken is None else "plan-edited"
    async with account(app, name, bulk_latency=SLOW) as sandbox:
        await app.export_of(name, name, 5000)
        run = await app.start(name)
        await _accepts_another(sandbox)

        await app.deployment.state.delete_blob(f"runs/{run}/plan.json")
        if broken is not None:
            await app.deployment.state.upload_blob(f"runs/{run}/plan.json", broken)

        ended = await app.deployment.api.run_to_end(run)
        assert ended["state"] == "failed"
        assert "plan" in ended["problem"]["message"]
        assert await app.leftovers(name, run) == []
        assert await _stays_empty(app)


def _worked(app: App) -> list[Any]:
    return [each for each in app.deployment.host.history if each.function == "work"]


async def _accepts_another(sandbox: Sandbox) -> None:
    before = len(sandbox.account.evidence.accepted)
    async with asyncio.timeout(30):
        while len(sandbox.account.evidence.accepted) == before:  # noqa: ASYNC110 - the app is elsewhere
            await asyncio.sleep(0.05)


async def _failing_until(app: App, run: str, noted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The chunks cannot be read, with a status that storage clients do not repeat, until this is noted."""
    app.storage.faults.add(Fault(kind="refuse", request=f"GET */runs/{run}/chunks*", times=10**6, status=400))
    try:
        for _ in range(600):
            if noted(record := await app.record(run)):
                return record
            await asyncio.sleep(0.05)
    finally:
        app.storage.faults.clear()
    raise TimeoutError(f"after 30 s the record of run {run} is still: {record}")


async def _stays_empty(app: App) -> bool:
    """Whether the queue is empty soon, and no message went to the poison queue."""
    for _ in range(100):
        if not app.deployment.host.running and not await app.queued():
            return not any(each.function == "handle_poison" for each in app.deployment.host.history[-5:])
        await asyncio.sleep(0.1)
    return False
