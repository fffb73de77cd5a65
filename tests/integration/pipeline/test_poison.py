"""A slice that fails again and again."""

import pytest

from shared.errors import StateError
from shared.runs.poison import Poison
from shared.runs.run import Job
from shared.runs.starting import Starter
from tests.pipeline import Pipeline, people


async def fail_to_the_end(pipeline: Pipeline, run: str) -> None:
    """The job of the run's slice fails as often as the host allows, and comes out as poison."""
    job = Job(run=run, slice=(await pipeline.run(run)).slice)
    with pytest.raises(StateError):
        await pipeline.work(run)
    await pipeline.queue.clear_messages()
    await Poison(pipeline.runs).handle(job)


async def without_its_chunks(pipeline: Pipeline) -> str:
    """A run that is to be delivered, and whose staged requests are gone; its id."""
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(guards={"row_cap": 1})
    run = await pipeline.run_to_end()
    await Starter(pipeline.runs).approve(run, run.plan or "", "Ann")
    await pipeline.state.delete_blob(f"runs/{run.id}/chunks")
    return run.id


async def test_a_poisoned_slice_is_revived_once_then_the_run_fails_and_lets_go(
    pipeline: Pipeline,
) -> None:
    run = await without_its_chunks(pipeline)

    await fail_to_the_end(pipeline, run)
    revived, queued = await pipeline.run(run), await pipeline.queued()
    await fail_to_the_end(pipeline, run)
    ending = await pipeline.run(run)
    await fail_to_the_end(pipeline, run)
    ended = await pipeline.run(run)

    assert (revived.state, revived.ending, queued) == ("delivering", None, 1)
    assert ending.ending is not None
    assert ending.ending.state == "failed"
    assert ended.state == "failed"
    assert ended.problem is not None
    assert ended.problem.code == "slice_failed"
    assert await pipeline.leftovers() == set()


async def test_after_a_poisoned_run_the_next_one_sends_everybody(pipeline: Pipeline) -> None:
    first = await without_its_chunks(pipeline)
    for _ in range(3):
        await fail_to_the_end(pipeline, first)
    await pipeline.change_export(guards=None)

    run = await pipeline.run_to_end()

    assert (run.state, run.counts.imported) == ("successful", 20)
    assert len(pipeline.sandbox.members(1)) == 20


async def test_poison_of_a_slice_that_is_over_is_ignored(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(guards={"row_cap": 1})
    run = await pipeline.run_to_end()
    before = await pipeline.blobs("runs/")

    await Poison(pipeline.runs).handle(Job(run=run.id, slice=run.slice - 1))

    assert await pipeline.blobs("runs/") == before
    assert await pipeline.queued() == 0
