"""Answers that are lost although the request was carried out, and services that are away for a moment."""

import asyncio

import pytest

from shared.runs.run import Run
from tests.integration.pipeline.crash import Exposed
from tests.pipeline import people
from tools.proxy import Fault

CONTACTS = 600
SHORTEST_WAIT_OF_THE_SDK = 12.0
"""Seconds to the first repetition where nobody sets another: 15, give or take 3."""


async def unimpressed(exposed: Exposed) -> Run:
    """A run that ends as any other, with each contact sent once."""
    pipeline = exposed.pipeline
    await pipeline.write_segment("Vip", people(CONTACTS))
    await pipeline.make_export(connection="exposed")

    run = await pipeline.run_to_end()

    assert (run.state, run.counts.imported, run.counts.add_up) == ("successful", CONTACTS, True)
    assert pipeline.sandbox.evidence()["batches_accepted"] == 3
    assert pipeline.sandbox.evidence()["repeated_same"] == 0
    assert await pipeline.leftovers() == set()
    assert await pipeline.queued() == 0
    return run


@pytest.mark.parametrize(
    "request_",
    [
        "PUT */run.json*",
        "PUT */chunks",
        "PUT *comp=lease*",
        "PUT */deliveries.ndjson",
        "PUT *comp=appendblock*",
        "PUT */ledger/vip*",
        "PUT */accounts/*",
    ],
)
async def test_a_lost_answer_of_storage_changes_nothing(exposed: Exposed, request_: str) -> None:
    lost = Fault(kind="swallow", request=request_)
    exposed.blobs.faults.add(lost)

    await unimpressed(exposed)

    assert len(exposed.blobs.faults.struck) == 1


@pytest.mark.parametrize("request_", ["PUT */chunks?comp=block&*", "PUT */chunks?comp=blocklist*"])
async def test_a_lost_answer_for_what_is_too_large_for_one_request_changes_nothing(
    exposed: Exposed, request_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.plans.blobs.AT_ONCE_BYTES", 0)
    exposed.blobs.faults.add(Fault(kind="swallow", request=request_))

    await unimpressed(exposed)

    assert len(exposed.blobs.faults.struck) == 1


async def test_a_storage_that_is_busy_is_asked_again_long_before_a_lease_runs_out(exposed: Exposed) -> None:
    exposed.blobs.faults.add(Fault(kind="refuse", status=503, request="PUT *comp=appendblock*"))

    run = await unimpressed(exposed)

    assert len(exposed.blobs.faults.struck) == 1
    assert run.ended_at is not None
    assert (run.ended_at - run.queued_at).total_seconds() < SHORTEST_WAIT_OF_THE_SDK


async def test_a_download_cut_in_the_middle_is_finished(exposed: Exposed) -> None:
    exposed.blobs.faults.add(Fault(kind="cut", request="GET */chunks*"))

    await unimpressed(exposed)

    assert len(exposed.blobs.faults.struck) == 1


async def test_a_job_sent_twice_because_its_answer_was_lost_is_worked_off_once(exposed: Exposed) -> None:
    exposed.queues.faults.add(Fault(kind="swallow", request="POST */messages*"))

    await unimpressed(exposed)

    assert len(exposed.queues.faults.struck) == 1
    assert exposed.pipeline.messages_by_slice() == {1: 2}


async def test_two_workers_with_the_same_job_at_once_post_each_contact_once(exposed: Exposed) -> None:
    pipeline = exposed.pipeline
    await pipeline.write_segment("Vip", people(CONTACTS))
    await pipeline.make_export(connection="exposed")
    run = await pipeline.start()

    await asyncio.gather(pipeline.work(run), pipeline.work(run))
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert (ended.state, ended.counts.imported) == ("successful", CONTACTS)
    assert pipeline.sandbox.evidence()["batches_accepted"] == 3
    assert await pipeline.leftovers() == set()


async def test_a_worker_whose_lease_was_taken_stops_and_the_other_goes_on(exposed: Exposed) -> None:
    pipeline = exposed.pipeline
    pipeline.sandbox.set_knobs(bulk_latency=(0.4, 0.4))
    await pipeline.write_segment("Vip", people(3000))
    await pipeline.make_export(connection="exposed")
    run = await pipeline.start()

    first = asyncio.create_task(pipeline.work(run))
    while pipeline.imports < 3:
        assert not (await asyncio.wait([first], timeout=0.01))[0]
    await pipeline.expire_leases()
    pipeline.services = pipeline.new_process()
    second = asyncio.create_task(pipeline.work(run))
    await asyncio.gather(first, second)
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert (ended.state, ended.counts.imported, ended.counts.add_up) == ("successful", 3000, True)
    assert await pipeline.leftovers() == set()
