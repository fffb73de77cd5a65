"""Answers after which one waits and goes on."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.runs.ticking import Tick
from tests.pipeline import QUICK, Pipeline, people
from tools.sandbox import Fault, ManualClock, Sandbox
from tools.sandbox.faults import Kind

IMPORT = "POST import/bulk_import"


async def all_arrive(pipeline: Pipeline, fault: Fault, count: int = 600) -> None:
    """A run that meets the fault imports everybody all the same."""
    pipeline.sandbox.add_fault(fault)
    await pipeline.write_segment("Vip", people(count))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert run.state == "successful"
    assert (run.counts.imported, run.counts.add_up) == (count, True)
    assert len(pipeline.sandbox.members(1)) == count
    assert pipeline.sandbox.evidence()["faults_struck"] == {fault.kind: 1}


@pytest.mark.parametrize("kind", ["rate_limited", "unavailable"])
async def test_a_short_wait_is_kept_and_the_slice_goes_on(pipeline: Pipeline, kind: Kind) -> None:
    fault = Fault(kind=kind, endpoint=IMPORT, retry_after=1)

    await all_arrive(pipeline, fault)

    assert pipeline.sandbox.evidence()["repeated_same"] == 0
    assert pipeline.messages_by_slice() == {1: 1}


async def test_a_long_wait_ends_the_slice_and_a_delayed_message_goes_on(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=IMPORT, retry_after=120, at=(2,)))
    await pipeline.write_segment("Vip", people(1000))
    await pipeline.make_export()

    waiting = await pipeline.run_to_end()
    before, queued = pipeline.imports, await pipeline.queued()
    await pipeline.drain()
    while_waiting = pipeline.imports
    await pipeline.let_pass(waiting.id, 120)
    await pipeline.drain()
    run = await pipeline.run(waiting.id)

    assert (waiting.state, queued, while_waiting) == ("delivering", 1, before)
    assert waiting.wake_at is not None
    assert 100 < (waiting.wake_at - datetime.now(UTC)).total_seconds() <= 120
    assert (run.state, run.counts.imported) == ("successful", 1000)
    assert pipeline.sandbox.evidence()["repeated_same"] == 0


async def test_the_limit_of_imports_is_waited_for_though_it_comes_as_a_400(pipeline: Pipeline) -> None:
    clock = ManualClock()
    knobs = {**QUICK, "bulk_per_minute": 2}
    await pipeline.write_segment("Vip", people(1000))
    async with Sandbox(knobs=knobs, clock=clock, key=pipeline.sandbox.api_key) as limited:
        limited.add_list("Newsletter")
        await pipeline.connect("limited", api_url=limited.url)
        await pipeline.make_export(connection="limited")

        waiting = await pipeline.run_to_end()
        accepted = limited.evidence()["batches_accepted"]
        clock.advance(60)
        await pipeline.let_pass(waiting.id, 60)
        await pipeline.drain()
        run = await pipeline.run(waiting.id)

        assert (waiting.state, accepted) == ("delivering", 2)
        assert (run.state, run.counts.imported) == ("successful", 1000)
        assert limited.evidence()["repeated_same"] == 0


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
async def test_a_server_error_before_acceptance_is_tried_again(pipeline: Pipeline, status: int) -> None:
    kind: Kind = "cloudflare_json" if status == 502 else "html_error"

    await all_arrive(pipeline, Fault(kind=kind, endpoint=IMPORT, status=status, retry_after=1))

    assert pipeline.sandbox.evidence()["repeated_same"] == 0


async def test_an_empty_answer_is_no_success(pipeline: Pipeline) -> None:
    await all_arrive(pipeline, Fault(kind="empty", endpoint=IMPORT))

    assert pipeline.sandbox.evidence()["repeated_same"] == 0


@pytest.mark.parametrize("kind", ["drop", "truncate", "cut"])
async def test_an_answer_lost_after_acceptance_sends_its_chunk_twice_and_no_other(
    pipeline: Pipeline, kind: Kind
) -> None:
    lost = Fault(kind=kind, endpoint=IMPORT, when="after")

    await all_arrive(pipeline, lost)

    assert pipeline.sandbox.evidence()["batches_accepted"] == 4
    assert pipeline.sandbox.evidence()["repeated_same"] <= 250


async def test_a_status_that_is_not_to_be_had_for_a_moment_is_asked_for_again(pipeline: Pipeline) -> None:
    await all_arrive(pipeline, Fault(kind="html_error", endpoint="GET import/info*", status=500))

    assert pipeline.sandbox.evidence()["repeated_same"] == 0


async def test_an_account_that_is_not_reached_is_tried_again_for_a_day(pipeline: Pipeline) -> None:
    await pipeline.connect("gone", api_url="http://127.0.0.1:9")
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(connection="gone", schedule="off")

    waiting = await pipeline.run_to_end()
    queued = await pipeline.queued()
    pipeline.ahead = timedelta(hours=24, minutes=1)
    await pipeline.queue.clear_messages()
    await Tick(pipeline.runs).run()
    await pipeline.drain()
    run = await pipeline.run(waiting.id)

    assert (waiting.state, queued) == ("planning", 1)
    assert waiting.wake_at is not None
    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "unavailable"
    assert await pipeline.leftovers() == set()
