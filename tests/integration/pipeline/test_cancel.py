"""Cancelling a run that is delivering."""

import asyncio

from tests.pipeline import Pipeline, people
from tools.sandbox import Fault


async def canceled_after_a_slice(pipeline: Pipeline) -> str:
    """A run that waited, after some imports, for a message that a cancel overtakes; its id."""
    pipeline.sandbox.add_fault(
        Fault(kind="rate_limited", endpoint="POST import/bulk_import", retry_after=60, at=(4,))
    )
    await pipeline.write_segment("Vip", people(3000))
    await pipeline.make_export()
    run = await pipeline.start()
    await pipeline.drain()
    await pipeline.cancel(run)
    await pipeline.let_pass(run, 60)
    await pipeline.drain()
    return run


async def test_a_canceled_run_sends_nothing_more_confirms_what_was_accepted_and_commits(
    pipeline: Pipeline,
) -> None:
    run = await canceled_after_a_slice(pipeline)

    ended = await pipeline.run(run)
    accepted = pipeline.sandbox.evidence()["contacts_accepted"]

    assert (ended.state, ended.reason) == ("canceled", "canceled by Ann")
    assert ended.counts.add_up
    assert 0 < ended.counts.imported == accepted == len(pipeline.sandbox.members(1)) < 3000
    assert (ended.counts.unsent, ended.counts.unconfirmed) == (3000 - accepted, 0)
    assert len(await pipeline.rejections(run)) == ended.counts.unsent
    assert await pipeline.leftovers() == set()


async def test_the_run_after_a_canceled_one_sends_the_rest_only(pipeline: Pipeline) -> None:
    first = await canceled_after_a_slice(pipeline)

    second = await pipeline.run_to_end()
    canceled = await pipeline.run(first)

    assert second.counts.unchanged == canceled.counts.imported
    assert second.counts.imported == canceled.counts.unsent
    assert pipeline.sandbox.evidence()["repeated_same"] == 0
    assert len(pipeline.sandbox.members(1)) == 3000


async def test_a_cancel_in_the_middle_of_a_slice_stops_between_chunks(pipeline: Pipeline) -> None:
    pipeline.sandbox.set_knobs(bulk_latency=(0.5, 0.5))
    await pipeline.write_segment("Vip", people(5000))
    await pipeline.make_export()
    run = await pipeline.start()

    working = asyncio.create_task(pipeline.drain())
    while not pipeline.imports:
        assert not (await asyncio.wait([working], timeout=0.01))[0]
    await pipeline.cancel(run)
    await working
    ended = await pipeline.run(run)

    assert ended.state == "canceled"
    assert 0 < ended.counts.imported == pipeline.sandbox.evidence()["contacts_accepted"] < 5000
    assert ended.counts.add_up


async def test_a_run_that_has_not_begun_ends_at_once(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()
    run = await pipeline.start()

    await pipeline.cancel(run)
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert (ended.state, ended.counts.read) == ("canceled", 0)
    assert pipeline.imports == 0
    assert await pipeline.leftovers() == set()
