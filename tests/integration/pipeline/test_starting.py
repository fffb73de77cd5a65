"""What a start gives where it cannot give a run of the kind that is asked for."""

import pytest

from shared.errors import Conflict
from tests.pipeline import Pipeline, people


async def ready(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(schedule="off")


@pytest.mark.parametrize(
    ("under_way", "asked", "words"),
    [
        (True, False, "dry run {run} of this export is under way"),
        (False, True, "run {run} of this export is"),
    ],
)
async def test_a_dry_run_does_not_stand_for_a_real_one_nor_a_real_one_for_a_dry_one(
    pipeline: Pipeline, under_way: bool, asked: bool, words: str
) -> None:
    await ready(pipeline)
    run = await pipeline.start(dry_run=under_way)

    with pytest.raises(Conflict, match="cancel it") as refused:
        await pipeline.start(dry_run=asked)
    same = await pipeline.start(dry_run=under_way)
    await pipeline.drain()

    assert str(refused.value).startswith(words.format(run=run))
    assert same == run
    assert (await pipeline.run(run)).state == "successful"
    assert len(pipeline.sandbox.members(1)) == (0 if under_way else 20)


async def test_a_retry_does_not_take_a_dry_run_for_itself(pipeline: Pipeline) -> None:
    await ready(pipeline)
    first = await pipeline.run_to_end()
    await pipeline.start(dry_run=True)

    with pytest.raises(Conflict, match="dry run"):
        await pipeline.retry(first.id)


@pytest.mark.parametrize(
    ("patch", "words"),
    [({"active": False}, "'main' is paused"), ({"consent": None}, "consent to connection 'main'")],
)
async def test_over_a_connection_that_is_stopped_no_run_is_made(
    pipeline: Pipeline, patch: dict[str, object], words: str
) -> None:
    await ready(pipeline)
    found = await pipeline.services.connections.get("main")
    await pipeline.services.connections.change("main", patch, found.etag, "Ann")

    with pytest.raises(Conflict, match=words):
        await pipeline.start()

    assert [name async for name in pipeline.runs.records.names()] == []
    assert await pipeline.runs.exports.active_run("vip") is None
    assert await pipeline.queued() == 0


async def test_over_a_connection_that_is_stopped_a_held_run_does_not_give_way(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(guards={"row_cap": 3}, schedule="off")
    held = await pipeline.run_to_end()
    found = await pipeline.services.connections.get("main")
    stopped = found.value.model_copy(update={"active": False})
    await pipeline.services.connections.documents.replace("main", stopped, etag=found.etag)

    with pytest.raises(Conflict, match="is paused"):
        await pipeline.start()
    await pipeline.drain()

    assert (await pipeline.run(held.id)).state == "held"
