"""Which plans can be approved, and until when."""

from datetime import timedelta

import pytest

from shared.errors import Conflict
from shared.runs.run import HELD_FOR, Run
from shared.runs.starting import Starter
from tests.pipeline import Pipeline, people


async def held(pipeline: Pipeline, *, dry_run: bool = False) -> Run:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(guards={"row_cap": 3}, schedule="off")
    return await pipeline.run_to_end(dry_run=dry_run)


async def approve(pipeline: Pipeline, run: Run) -> None:
    await Starter(pipeline.runs).approve(await pipeline.run(run.id), run.plan or "", "Ann")


async def test_a_plan_can_be_approved_for_three_days(pipeline: Pipeline) -> None:
    run = await held(pipeline)
    pipeline.ahead = HELD_FOR - timedelta(minutes=1)

    await approve(pipeline, run)
    await pipeline.drain()

    assert (await pipeline.run(run.id)).state == "successful"


async def test_an_expired_plan_is_to_be_made_again(pipeline: Pipeline) -> None:
    run = await held(pipeline)
    pipeline.ahead = HELD_FOR + timedelta(minutes=1)

    with pytest.raises(Conflict, match="too old to be sent; start the export to plan again"):
        await approve(pipeline, run)
    await pipeline.drain()

    assert pipeline.imports == 0


async def test_a_run_that_nobody_approved_in_time_says_so(pipeline: Pipeline) -> None:
    run = await held(pipeline)
    pipeline.ahead = HELD_FOR + timedelta(minutes=1)
    await pipeline.work(run.id)

    with pytest.raises(Conflict, match="nobody approved the plan within three days"):
        await approve(pipeline, run)


async def test_a_dry_run_is_never_approved(pipeline: Pipeline) -> None:
    run = await held(pipeline, dry_run=True)

    with pytest.raises(Conflict, match="is over"):
        await approve(pipeline, run)

    assert run.state == "held"
