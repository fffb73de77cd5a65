"""Runs of one account take turns; runs of different accounts do not wait for each other."""

from shared.runs.waking import turn_of
from tests.pipeline import QUICK, OpenPipeline, Pipeline, people
from tools.sandbox import Fault, Sandbox

IMPORT = "POST import/bulk_import"


async def start_two(pipeline: Pipeline, large: int, small: int) -> tuple[str, str]:
    """A run of many into list 1 and one of few into list 2."""
    pipeline.sandbox.add_list("Second")
    await pipeline.write_segment("Large", people(large))
    await pipeline.write_segment("Small", people(small, start=large))
    await pipeline.make_export(id="large", segments=[{"name": "Large"}])
    await pipeline.make_export(id="small", segments=[{"name": "Small"}], list_id=2)
    return await pipeline.start("large"), await pipeline.start("small")


async def test_a_small_run_need_not_wait_until_a_large_one_is_done(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(SLICE_SECONDS="0.3")
    pipeline.sandbox.set_knobs(bulk_latency=(0.1, 0.1))
    first, second = await start_two(pipeline, 4000, 300)

    await pipeline.drain()
    large, small = await pipeline.run(first), await pipeline.run(second)

    assert (large.counts.imported, small.counts.imported) == (4000, 300)
    assert large.ended_at is not None
    assert small.ended_at is not None
    assert small.ended_at < large.ended_at
    assert large.slice > 2
    assert await pipeline.leftovers() == set()


async def test_a_run_waits_while_another_has_the_turn_and_then_comes_next(
    open_pipeline: OpenPipeline,
) -> None:
    pipeline = await open_pipeline(WAKE_SECONDS="60")
    first, second = await start_two(pipeline, 20, 20)
    turns = pipeline.runs.turns
    account = f"127.0.0.1-{pipeline.sandbox.url.rpartition(':')[2]}"

    async with turns.turn(account, "somebody") as held:
        assert held is not None
        await pipeline.work(second)
        await pipeline.work(first)
        while_held = pipeline.imports
    async with turns.turn(account, first) as refused:
        pass
    async with turns.turn(account, second) as taken:
        pass

    assert while_held == 0
    assert refused is None
    assert taken is not None


async def test_who_has_waited_longest_goes_on_as_soon_as_a_turn_ends(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(WAKE_SECONDS="60")
    first, second = await start_two(pipeline, 20, 20)
    account = f"127.0.0.1-{pipeline.sandbox.url.rpartition(':')[2]}"
    somebody = (await pipeline.run(first)).model_copy(update={"id": "somebody"})

    async with turn_of(pipeline.runs, account, somebody) as turn:
        assert turn is not None
        await pipeline.drain()
        while_held = pipeline.imports
    await pipeline.drain()
    runs = [await pipeline.run(run) for run in (first, second)]

    assert while_held == 0
    assert [run.counts.imported for run in runs] == [20, 20]
    assert await pipeline.leftovers() == set()


async def test_a_run_goes_on_even_if_the_turn_ends_before_its_slice_has(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(WAKE_SECONDS="60")
    first, second = await start_two(pipeline, 20, 20)
    account = f"127.0.0.1-{pipeline.sandbox.url.rpartition(':')[2]}"
    somebody = (await pipeline.run(first)).model_copy(update={"id": "somebody"})
    await pipeline.queue.clear_messages()

    turns = pipeline.runs.turns
    async with turn_of(pipeline.runs, account, somebody), turns.turn(account, second, 2) as refused:
        pass
    await pipeline.drain()
    run = await pipeline.run(second)

    assert refused is None
    assert (run.counts.imported, run.state) == (20, "successful")


async def test_a_wait_that_one_run_was_asked_for_holds_for_the_others_of_the_account(
    pipeline: Pipeline,
) -> None:
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=IMPORT, retry_after=100))
    first, second = await start_two(pipeline, 20, 20)
    await pipeline.drain()
    before = pipeline.imports, await pipeline.queued()

    await pipeline.let_pass(first, 100)
    await pipeline.work(second)
    await pipeline.drain()
    runs = [await pipeline.run(run) for run in (first, second)]

    assert before == (1, 2)
    assert [run.counts.imported for run in runs] == [20, 20]


async def test_a_wait_that_is_kept_for_the_account_holds_for_planning(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=IMPORT, retry_after=100))
    first, second = await start_two(pipeline, 20, 20)
    await pipeline.work(first)
    before = pipeline.sandbox.evidence()["by_endpoint"]

    await pipeline.work(second)
    waiting = await pipeline.run(second)

    assert (await pipeline.run(first)).state == "delivering"
    assert (waiting.state, waiting.plan) == ("planning", None)
    assert waiting.wake_at is not None
    assert 90 < (waiting.wake_at - pipeline.runs.now()).total_seconds() <= 100
    assert pipeline.sandbox.evidence()["by_endpoint"] == before


async def test_a_wait_asked_for_while_planning_is_kept_for_the_account(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint="GET lists/1", retry_after=100))
    first, second = await start_two(pipeline, 20, 20)
    await pipeline.work(first)
    before = pipeline.sandbox.evidence()["by_endpoint"]

    await pipeline.work(second)
    while_waiting = pipeline.sandbox.evidence()["by_endpoint"]
    await pipeline.let_pass(first, 100)
    await pipeline.work(second)
    await pipeline.drain()
    runs = [await pipeline.run(run) for run in (first, second)]

    assert while_waiting == before
    assert [run.counts.imported for run in runs] == [20, 20]


async def test_planning_asks_nothing_while_another_run_has_the_turn(pipeline: Pipeline) -> None:
    first, _ = await start_two(pipeline, 20, 20)
    account = f"127.0.0.1-{pipeline.sandbox.url.rpartition(':')[2]}"

    async with pipeline.runs.turns.turn(account, "somebody") as turn:
        assert turn is not None
        await pipeline.work(first)
        while_held = pipeline.sandbox.evidence()["by_endpoint"], await pipeline.run(first)
        noted = (await pipeline.runs.exports.state("large")).snapshots
    await pipeline.work(first)

    assert while_held[0] == {}
    assert (while_held[1].state, noted) == ("planning", {})
    assert (await pipeline.run(first)).plan is not None


async def test_accounts_do_not_wait_for_each_other(pipeline: Pipeline) -> None:
    async with Sandbox(knobs=QUICK, key=pipeline.sandbox.api_key) as other:
        other.add_list("Newsletter")
        await pipeline.connect("other", api_url=other.url)
        pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=IMPORT, retry_after=100))
        await pipeline.write_segment("Vip", people(20))
        await pipeline.make_export(id="here")
        await pipeline.make_export(id="there", connection="other")

        here = await pipeline.run_to_end("here")
        there = await pipeline.run_to_end("there")

    assert (here.state, there.state) == ("delivering", "successful")


async def test_the_limits_of_the_account_hold_over_slices_and_runs(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(
        SLICE_SECONDS="1",
        ACTIVECAMPAIGN_REQUESTS_PER_SECOND="20",
        ACTIVECAMPAIGN_BULK_PER_MINUTE="400",
        ACTIVECAMPAIGN_SINGLE_PER_MINUTE="400",
    )
    pipeline.sandbox.set_knobs(requests_per_second=20, bulk_per_minute=400, single_per_minute=400)
    runs = await start_two(pipeline, 1250, 600)

    await pipeline.drain()
    ended = [await pipeline.run(run) for run in runs]
    evidence = pipeline.sandbox.evidence()

    assert [run.counts.imported for run in ended] == [1250, 600]
    assert evidence["over_limit"] == 0
    assert evidence["most_requests_per_second"] <= 20


async def test_a_wait_asked_for_while_planning_binds_no_other_account(pipeline: Pipeline) -> None:
    async with Sandbox(knobs=QUICK, key=pipeline.sandbox.api_key) as other:
        other.add_list("Newsletter")
        await pipeline.connect("other", api_url=other.url)
        pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint="GET lists/1", retry_after=100))
        await pipeline.write_segment("Vip", people(20))
        await pipeline.make_export(id="here")
        await pipeline.make_export(id="there", connection="other")

        here = await pipeline.run_to_end("here")
        there = await pipeline.run_to_end("there")

    assert (here.state, there.state) == ("planning", "successful")
    assert here.wake_at is not None
    assert there.ended_at is not None
    assert (there.ended_at - there.queued_at).total_seconds() < 50
