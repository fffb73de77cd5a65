"""What becomes of runs when their connection is changed, paused, moved or removed."""

import asyncio
from typing import Any

import pytest

from shared.connections.removal import Removal, RemovalQuery
from shared.runs.run import Run
from tests.pipeline import Pipeline, people
from tools.sandbox import Fault, Sandbox

IMPORT = "POST import/bulk_import"
CONSENT = {"accepted": True, "accepted_by": "tests", "text_version": "1"}


async def change(pipeline: Pipeline, **patch: Any) -> None:
    found = await pipeline.services.connections.get("main")
    await pipeline.services.connections.change("main", patch, found.etag, "Ann")


async def remove(pipeline: Pipeline) -> None:
    found = await pipeline.services.connections.get("main")
    removal = Removal(pipeline.services.connections, pipeline.services.exports)
    await removal.remove("main", found.etag, RemovalQuery(exports="detach"), "Ann")


async def deliver_some(pipeline: Pipeline) -> str:
    """A run that waits, after some imports, for its next slice; its id."""
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=IMPORT, retry_after=60, at=(4,)))
    await pipeline.write_segment("Vip", people(1500))
    await pipeline.make_export()
    run = await pipeline.start()
    await pipeline.drain()
    return run


async def go_on(pipeline: Pipeline, run: str) -> Run:
    """The run after its wait."""
    await pipeline.let_pass(run, 60)
    await pipeline.drain()
    return await pipeline.run(run)


async def test_a_key_that_is_replaced_in_the_middle_of_a_slice_is_used_from_then_on(
    pipeline: Pipeline,
) -> None:
    await change(pipeline, api_key=pipeline.sandbox.api_key)
    pipeline.sandbox.set_knobs(bulk_latency=(0.2, 0.2))
    await pipeline.write_segment("Vip", people(1500))
    await pipeline.make_export()
    run = await pipeline.start()

    working = asyncio.create_task(pipeline.drain())
    while not pipeline.imports:
        assert not (await asyncio.wait([working], timeout=0.01))[0]
    await change(pipeline, api_key="the-next-key")
    pipeline.sandbox.account.key = "the-next-key"
    await working

    ended = await pipeline.run(run)
    assert (ended.state, ended.counts.imported) == ("successful", 1500)


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"active": False}, "the connection 'main' is paused"),
        ({"consent": None}, "the consent to connection 'main' was withdrawn"),
    ],
)
async def test_a_run_stops_at_its_next_chunk_when_its_connection_does(
    pipeline: Pipeline, patch: dict[str, Any], reason: str
) -> None:
    run = await deliver_some(pipeline)

    await change(pipeline, **patch)
    ended = await go_on(pipeline, run)

    accepted = pipeline.sandbox.evidence()["contacts_accepted"]
    assert (ended.state, ended.reason) == ("canceled", f"canceled by Ann: {reason}")
    assert 0 < ended.counts.imported == accepted < 1500
    assert ended.counts.add_up
    assert await pipeline.leftovers() == set()


async def test_a_run_stops_when_its_connection_is_removed_and_what_it_sent_is_kept(
    pipeline: Pipeline,
) -> None:
    run = await deliver_some(pipeline)

    await remove(pipeline)
    ended = await go_on(pipeline, run)

    accepted = pipeline.sandbox.evidence()["contacts_accepted"]
    assert ended.state == "canceled"
    assert ended.counts.imported + ended.counts.unconfirmed == accepted
    assert (ended.counts.unsent, ended.counts.add_up) == (1500 - accepted, True)
    assert await pipeline.leftovers() == set()


async def test_nothing_of_a_run_goes_to_the_host_its_connection_is_moved_to(pipeline: Pipeline) -> None:
    run = await deliver_some(pipeline)
    async with Sandbox() as other:
        other.add_list("Newsletter")

        await change(pipeline, api_url=other.url, api_key=other.api_key, consent=CONSENT)
        ended = await go_on(pipeline, run)

        assert ended.state == "canceled"
        assert other.evidence()["contacts_accepted"] == 0


async def test_a_plan_for_one_account_is_never_sent_to_another(pipeline: Pipeline) -> None:
    run = await deliver_some(pipeline)
    before = pipeline.sandbox.evidence()["contacts_accepted"]
    found = await pipeline.services.connections.get("main")
    elsewhere = found.value.model_copy(update={"account": "elsewhere"})
    await pipeline.services.connections.documents.replace("main", elsewhere, etag=found.etag)

    ended = await go_on(pipeline, run)

    assert ended.state == "failed"
    assert ended.problem is not None
    assert "another account" in ended.problem.message
    assert pipeline.sandbox.evidence()["contacts_accepted"] == before
    assert ended.counts.add_up


async def test_the_key_of_the_new_host_is_never_sent_to_the_old_one(pipeline: Pipeline) -> None:
    before = (await pipeline.services.connections.get("main")).value
    async with Sandbox() as other:
        await change(pipeline, api_url=other.url, api_key=other.api_key, consent=CONSENT)

        key = await pipeline.services.connections.keys.key(before, fresh=True)

        assert key == pipeline.sandbox.api_key


@pytest.mark.parametrize("patch", [{"active": False}, {"consent": None}])
async def test_nothing_starts_over_a_connection_that_is_stopped(
    pipeline: Pipeline, patch: dict[str, Any]
) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()
    run = await pipeline.start()
    found = await pipeline.services.connections.get("main")
    stopped = found.value.model_copy(update=patch)
    await pipeline.services.connections.documents.replace("main", stopped, etag=found.etag)

    await pipeline.drain()

    ended = await pipeline.run(run)
    assert (ended.state, ended.reason) == ("skipped", stopped.blocked)
    assert pipeline.imports == 0
