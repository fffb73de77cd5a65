"""Runs that gave no sign of life: which jobs the timer takes for lost, and how often it queues them again."""

from datetime import timedelta

from shared.runs.ticking import Tick
from shared.state.leases import held
from tests.pipeline import OpenPipeline, Pipeline, people

MINUTE = timedelta(minutes=1)


async def started(pipeline: Pipeline, *exports: str) -> list[str]:
    """A run of each export, queued and not worked on."""
    await pipeline.write_segment("Vip", people(20))
    for export in exports:
        await pipeline.make_export(id=export, schedule="off")
    return [await pipeline.start(export) for export in exports]


async def ticks(pipeline: Pipeline, *minutes: int) -> list[int]:
    """How many jobs there are after a tick at each of these minutes."""
    found = []
    for minute in minutes:
        pipeline.ahead = minute * MINUTE
        await Tick(pipeline.runs).run()
        found.append(await pipeline.queued())
    return found


async def test_a_lost_job_is_queued_again_once(pipeline: Pipeline) -> None:
    (run,) = await started(pipeline, "vip")
    await pipeline.queue.clear_messages()

    queued = await ticks(pipeline, 14, 16, 21, 26, 30)
    await pipeline.drain()

    assert queued == [0, 1, 1, 1, 1]
    assert (await pipeline.run(run)).state == "successful"
    assert await pipeline.leftovers() == set()


async def test_a_job_that_is_lost_again_is_queued_again_when_patience_is_over_again(
    pipeline: Pipeline,
) -> None:
    await started(pipeline, "vip")
    await pipeline.queue.clear_messages()

    first = await ticks(pipeline, 16)
    await pipeline.queue.clear_messages()
    second = await ticks(pipeline, 21, 30, 32)

    assert (first, second) == ([1], [0, 0, 1])


async def test_jobs_that_wait_behind_others_for_hours_do_not_multiply(pipeline: Pipeline) -> None:
    exports = [f"export-{number}" for number in range(8)]
    runs = await started(pipeline, *exports)

    queued = await ticks(pipeline, 16, 60, 120, 240)
    await pipeline.drain()

    assert queued == [8, 8, 8, 8]
    assert {(await pipeline.run(run)).state for run in runs} == {"successful"}
    assert await pipeline.queued() == 0


async def test_runs_that_wait_for_the_turn_of_their_account_do_not_multiply(
    open_pipeline: OpenPipeline,
) -> None:
    pipeline = await open_pipeline(WAKE_SECONDS="60")
    runs = await started(pipeline, "one", "two", "three")
    account = f"127.0.0.1-{pipeline.sandbox.url.rpartition(':')[2]}"
    queued = []

    async with pipeline.runs.turns.turn(account, "somebody"):
        for minute in range(0, 60, 10):
            queued += await ticks(pipeline, minute)
            await pipeline.queue.clear_messages()
            for run in runs:
                await pipeline.work(run)

    assert queued == [3] * 6
    assert [(await pipeline.run(run)).slice for run in runs] == [7, 7, 7]


async def test_a_run_that_a_worker_holds_is_not_queued_again(pipeline: Pipeline) -> None:
    (run,) = await started(pipeline, "vip")
    await pipeline.queue.clear_messages()
    blob = pipeline.runs.records.run_blob(run)

    async with held(pipeline.runs.leases, blob, 15, pipeline.runs.clock):
        while_held = await ticks(pipeline, 16)
    after = await ticks(pipeline, 17)

    assert (while_held, after) == ([0], [1])
