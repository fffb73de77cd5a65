"""Opt-outs of other lists, honoured where an export asks for it."""

from collections.abc import Iterable
from typing import Any

from shared.runs.run import Run
from tests.integration.pipeline.crash import Exposed
from tests.pipeline import OpenPipeline, Pipeline, people
from tools.proxy import Fault as Death
from tools.sandbox import Fault

OPT_OUTS = "GET contacts"


def unsubscribed(pipeline: Pipeline, numbers: Iterable[int], *, of: str = "Offers") -> int:
    """The list that so many people unsubscribed from."""
    offers = pipeline.sandbox.add_list(of)
    for number in numbers:
        pipeline.sandbox.unsubscribe(f"P{number}@Example.com", offers)
    return offers


async def start(pipeline: Pipeline, honoured: list[int], count: int = 20, **changes: Any) -> str:
    await pipeline.write_segment("Vip", people(count))
    await pipeline.make_export(honour_opt_outs_of=honoured, schedule="off", **changes)
    return await pipeline.start()


async def ended(pipeline: Pipeline, run: str) -> Run:
    await pipeline.drain()
    return await pipeline.run(run)


async def test_who_unsubscribed_from_an_honoured_list_is_counted_as_suppressed(pipeline: Pipeline) -> None:
    offers = unsubscribed(pipeline, [3, 5, 99])
    events = unsubscribed(pipeline, [5, 7], of="Events")
    unsubscribed(pipeline, [9], of="Not honoured")

    run = await ended(pipeline, await start(pipeline, [offers, events]))

    assert (run.state, run.counts.add_up) == ("successful", True)
    assert (run.counts.suppressed, run.counts.imported) == (3, 17)
    assert await pipeline.leftovers() == set()
    assert await pipeline.blobs(f"runs/{run.id}/opt_outs") == {}


async def test_without_a_list_to_honour_nobody_is_read(pipeline: Pipeline) -> None:
    unsubscribed(pipeline, [3])

    run = await ended(pipeline, await start(pipeline, []))

    assert (run.counts.suppressed, run.counts.imported) == (0, 20)
    assert OPT_OUTS not in pipeline.sandbox.evidence()["by_endpoint"]


async def test_a_dry_run_counts_opt_outs_too(pipeline: Pipeline) -> None:
    offers = unsubscribed(pipeline, [3])
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(honour_opt_outs_of=[offers], schedule="off")

    run = await pipeline.run_to_end(dry_run=True)

    assert (run.counts.suppressed, run.counts.planned) == (1, 19)
    assert await pipeline.leftovers() == set()


async def test_who_opts_out_between_runs_is_not_sent_even_when_changed(pipeline: Pipeline) -> None:
    offers = unsubscribed(pipeline, [3])
    await ended(pipeline, await start(pipeline, [offers]))
    pipeline.sandbox.unsubscribe("p4@example.com", offers)
    await pipeline.change_export(tags=["spring"])

    run = await pipeline.run_to_end()

    assert (run.counts.suppressed, run.counts.imported) == (2, 18)


async def test_a_list_that_is_gone_fails_the_run_before_anything_is_sent(pipeline: Pipeline) -> None:
    offers = unsubscribed(pipeline, [3])
    started = await start(pipeline, [offers])
    pipeline.sandbox.account.directory.delete_list(offers)

    run = await ended(pipeline, started)

    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "list_not_found"
    assert pipeline.imports == 0


async def test_reading_goes_on_from_slice_to_slice(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(SLICE_SECONDS="1", ACTIVECAMPAIGN_REQUESTS_PER_SECOND="10")
    offers = unsubscribed(pipeline, range(1500))

    run = await ended(pipeline, await start(pipeline, [offers], count=1510))

    assert (run.state, run.counts.suppressed, run.counts.imported) == ("successful", 1500, 10)
    assert run.slice > 2
    assert pipeline.sandbox.evidence()["by_endpoint"][OPT_OUTS] == 16


async def test_a_long_wait_is_slept_by_the_queue_and_nothing_is_read_twice(pipeline: Pipeline) -> None:
    offers = unsubscribed(pipeline, range(250))
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=OPT_OUTS, at=(3,), retry_after=60))
    run = await start(pipeline, [offers], count=260)
    await pipeline.drain()
    waiting = await pipeline.run(run)
    between = await pipeline.blobs(f"runs/{run}/opt_outs")

    await pipeline.let_pass(run, 60)
    done = await ended(pipeline, run)

    assert (waiting.state, waiting.plan) == ("planning", None)
    assert len(between) == 1
    assert not any(b"xample" in data for data in between.values())
    assert (done.counts.suppressed, done.counts.imported) == (250, 10)
    assert pipeline.sandbox.evidence()["by_endpoint"][OPT_OUTS] == 5


async def test_dying_while_reading_forgets_nobody(exposed: Exposed) -> None:
    pipeline = exposed.pipeline
    offers = unsubscribed(pipeline, range(250))
    run = await start(pipeline, [offers], count=260, connection="exposed")

    died = await exposed.drain_until(
        exposed.account, Death(kind="swallow", request="GET *contacts?*", at=(2,))
    )
    done = await ended(pipeline, run)

    assert died
    assert (done.counts.suppressed, done.counts.imported) == (250, 10)
    assert await pipeline.leftovers() == set()
