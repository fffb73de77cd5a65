"""How a held run goes on, or does not."""

from datetime import timedelta

import pytest

from shared.errors import Conflict
from shared.runs.starting import Starter
from shared.runs.ticking import Tick
from tests.pipeline import Pipeline, people


async def held(pipeline: Pipeline) -> str:
    """A run that waits for approval; its id."""
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(guards={"row_cap": 3}, schedule="off")
    run = await pipeline.run_to_end()
    assert run.state == "held"
    return run.id


async def test_the_approved_plan_is_delivered_as_it_was_seen(pipeline: Pipeline) -> None:
    run = await held(pipeline)
    plan = (await pipeline.run(run)).plan or ""
    await pipeline.write_segment("Vip", people(30), at="2026/01/16/0640")

    await Starter(pipeline.runs).approve(await pipeline.run(run), plan, "Ann")
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert (ended.state, ended.approved_by, ended.plan) == ("successful", "Ann", plan)
    assert ended.counts.imported == len(pipeline.sandbox.members(1)) == 20


async def test_whoever_changes_the_export_meanwhile_changes_the_next_run(pipeline: Pipeline) -> None:
    run = await held(pipeline)
    plan = (await pipeline.run(run)).plan or ""
    pipeline.sandbox.add_list("Second")
    await pipeline.change_export(list_id=2, automations="always")

    await Starter(pipeline.runs).approve(await pipeline.run(run), plan, "Ann")
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert (ended.state, ended.automations) == ("successful", 0)
    assert (len(pipeline.sandbox.members(1)), len(pipeline.sandbox.members(2))) == (20, 0)


async def test_another_plan_than_the_one_that_is_held_cannot_be_approved(pipeline: Pipeline) -> None:
    run = await held(pipeline)

    with pytest.raises(Conflict, match="look at it again"):
        await Starter(pipeline.runs).approve(await pipeline.run(run), "another", "Ann")
    await pipeline.drain()

    assert (await pipeline.run(run)).state == "held"


async def test_a_held_run_can_be_canceled(pipeline: Pipeline) -> None:
    run = await held(pipeline)

    await pipeline.cancel(run)
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert (ended.state, ended.reason) == ("canceled", "canceled by Ann")
    assert ended.counts.unsent == 20
    assert await pipeline.leftovers() == set()


async def test_the_next_start_overtakes_a_held_run(pipeline: Pipeline) -> None:
    first = await held(pipeline)
    await pipeline.change_export(guards={"row_cap": 1000})

    second = await pipeline.run_to_end()
    overtaken = await pipeline.run(first)

    assert (second.state, second.counts.imported) == ("successful", 20)
    assert (overtaken.state, overtaken.reason) == (
        "canceled",
        f"canceled by run {second.id}, which was started later",
    )
    assert await pipeline.leftovers() == set()


async def test_a_held_run_ends_after_three_days(pipeline: Pipeline) -> None:
    run = await held(pipeline)

    pipeline.ahead = timedelta(days=2, hours=23)
    await Tick(pipeline.runs).run()
    await pipeline.drain()
    early = await pipeline.run(run)
    pipeline.ahead = timedelta(days=3, minutes=1)
    await Tick(pipeline.runs).run()
    await pipeline.drain()
    late = await pipeline.run(run)

    assert (early.state, late.state) == ("held", "canceled")
    assert late.reason == "nobody approved the plan within three days"
    assert await pipeline.leftovers() == set()
    assert pipeline.imports == 0
