"""Rules of the two machines that a test of the pipeline can hold the code to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from shared.errors import StateUnavailable
from shared.runs.poison import Poison
from shared.runs.queues import JobQueue
from shared.runs.run import Job
from shared.runs.starting import Starter
from shared.runs.worker import Worker
from shared.state.blobs import StateStore
from tests.integration.pipeline.crash import Exposed
from tests.pipeline import Pipeline, people, row
from tools.proxy import Fault


async def dies_right_after_its_plan(exposed: Exposed, *, dry_run: bool = False) -> str:
    """A run of a plan that is held, whose worker dies as the plan was noted; the run's id."""
    pipeline = exposed.pipeline
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(connection="exposed", guards={"row_cap": 3}, schedule="off")
    run = await pipeline.start(dry_run=dry_run)
    noted = Fault(kind="swallow", request="PUT */run.json", at=(2,))
    assert await exposed.drain_until(exposed.blobs, noted)
    assert (await pipeline.run(run)).plan is not None
    return run


async def test_a_held_plan_is_not_sent_after_a_crash(exposed: Exposed) -> None:
    run = await dies_right_after_its_plan(exposed)

    await exposed.pipeline.drain()

    assert (await exposed.pipeline.run(run)).state == "held"
    assert not exposed.pipeline.sandbox.members(1)


async def test_a_dry_run_sends_nothing_after_a_crash(exposed: Exposed) -> None:
    run = await dies_right_after_its_plan(exposed, dry_run=True)

    await exposed.pipeline.drain()

    assert (await exposed.pipeline.run(run)).over
    assert not exposed.pipeline.sandbox.members(1)


async def test_a_cancel_from_before_a_run_was_held_is_heard(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(guards={"row_cap": 3}, schedule="off")
    seen = await pipeline.run(await pipeline.start())
    await Worker(pipeline.runs).work(Job(run=seen.id, slice=seen.slice))
    await pipeline.queue.clear_messages()

    await Starter(pipeline.runs).cancel(seen, "Ann")
    await pipeline.drain()

    assert (await pipeline.run(seen.id)).state == "canceled"


class SlowStore(StateStore):
    """A store whose reader is overtaken before it gets what was rejected while planning."""

    def __init__(self, pipeline: Pipeline, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__(pipeline.state)
        self._meanwhile = meanwhile

    async def stream(self, name: str) -> AsyncIterator[bytes]:
        if name.endswith("/rejected.csv"):
            await self._meanwhile()
        async for piece in super().stream(name):
            yield piece


async def test_a_worker_that_lost_its_lease_overwrites_no_report(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", [*people(20), row(20, EMail="no address")])
    await pipeline.make_export()
    job = Job(run=await pipeline.start(), slice=1)
    late = 0.0

    async def meanwhile() -> None:
        nonlocal late
        late = pipeline.settings.lease_seconds
        await pipeline.expire_leases()
        await Worker(pipeline.runs).work(job)

    slow = replace(
        pipeline.runs, store=SlowStore(pipeline, meanwhile), clock=lambda: pipeline.runs.clock() + late
    )
    await Worker(slow).work(job)

    assert (await pipeline.run(job.run)).state == "completed_with_warnings"
    assert len(await pipeline.rejections(job.run)) == 1


class DeadQueue(JobQueue):
    """A queue that does not answer."""

    async def send(self, job: Job, *, delay: float = 0) -> None:
        raise StateUnavailable("the jobs queue does not answer; it is tried again")


async def test_a_poisoned_job_that_could_not_send_the_next_one_is_revived_again(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    run = await pipeline.start()
    await pipeline.queue.clear_messages()
    job = Job(run=run, slice=1)
    mute = replace(pipeline.runs, queue=DeadQueue(pipeline.queue))

    with pytest.raises(StateUnavailable):
        await Poison(mute).handle(job)
    await Poison(pipeline.runs).handle(job)
    await pipeline.drain()

    assert (await pipeline.run(run)).state == "successful"


async def test_a_poisoned_job_of_a_run_that_is_over_leaves_nothing_staged(exposed: Exposed) -> None:
    pipeline = exposed.pipeline
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(connection="exposed", schedule="off")
    run = await pipeline.start()
    untidied = Fault(kind="refuse", request="DELETE */chunks*", status=410)
    assert await exposed.drain_until(exposed.blobs, untidied)
    over = await pipeline.run(run)
    await pipeline.queue.clear_messages()

    await Poison(pipeline.runs).handle(Job(run=run, slice=over.slice))

    assert over.over
    assert await pipeline.leftovers() == set()
