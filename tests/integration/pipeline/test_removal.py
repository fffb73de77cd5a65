"""Removing and detaching an export while its run is under way, and what the list of exports tells of runs."""

import asyncio

from shared.access.caller import Caller
from shared.exports.listing import ExportQuery
from shared.exports.views import ExportSummary
from shared.runs.ticking import Tick
from tests.pipeline import Pipeline, people

ANN = Caller(name="Ann", role="Administrator")


async def start_delivering(pipeline: Pipeline) -> tuple[str, asyncio.Task[None]]:
    """A run of 5000 contacts that has sent something, and the work that goes on with it."""
    pipeline.sandbox.set_knobs(bulk_latency=(0.5, 0.5))
    await pipeline.write_segment("Vip", people(5000))
    await pipeline.make_export()
    run = await pipeline.start()
    working = asyncio.create_task(pipeline.drain())
    while not pipeline.imports:
        assert not (await asyncio.wait([working], timeout=0.01))[0]
    return run, working


async def what_is_left(pipeline: Pipeline) -> set[str]:
    """All blobs that are named after the export, but for the marks of its runs."""
    names = [*await pipeline.blobs("exports/"), *await pipeline.blobs("ledger/")]
    return {name for name in names if "/runs/" not in name}


async def listed(pipeline: Pipeline) -> ExportSummary:
    (line,) = (await pipeline.services.export_list.page(ExportQuery(), ANN)).exports
    return line


async def test_an_export_removed_while_it_delivers_stops_and_leaves_no_ledger(pipeline: Pipeline) -> None:
    run, working = await start_delivering(pipeline)

    await pipeline.services.exports.remove("vip", "Ann")
    await working
    await pipeline.drain()

    ended = await pipeline.run(run)
    assert (ended.state, ended.reason) == ("canceled", "canceled by Ann, who removed the export")
    assert ended.counts.add_up
    assert 0 < pipeline.sandbox.evidence()["contacts_accepted"] < 5000
    assert await what_is_left(pipeline) == set()
    assert await pipeline.leftovers() == set()


async def test_an_export_removed_with_a_held_run_is_gone_with_its_ledger(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()
    await pipeline.run_to_end()
    await pipeline.write_segment("Vip", people(9), at="2026/01/16/0640")
    await pipeline.change_export(guards={"row_cap": 5})
    held = await pipeline.run_to_end()

    await pipeline.services.exports.remove("vip", "Ann")
    await pipeline.drain()

    assert held.state == "held"
    assert (await pipeline.run(held.id)).state == "canceled"
    assert await what_is_left(pipeline) == set()
    assert await pipeline.leftovers() == set()


async def test_a_detached_export_stops_and_goes_on_where_it_was_once_attached(pipeline: Pipeline) -> None:
    run, working = await start_delivering(pipeline)

    await pipeline.services.exports.detach("vip", "Ann")
    await working
    await pipeline.drain()
    detached = await pipeline.run(run)
    pipeline.sandbox.set_knobs(bulk_latency=(0.0, 0.0))
    await pipeline.change_export(connection="main")
    attached = await pipeline.run_to_end()

    assert (detached.state, detached.reason) == ("canceled", "canceled by Ann, who detached the export")
    assert 0 < detached.counts.imported < 5000
    assert attached.counts.unchanged == detached.counts.imported
    assert attached.counts.imported == detached.counts.unsent
    assert pipeline.sandbox.evidence()["repeated_same"] == 0


async def test_the_timer_leaves_a_detached_export_alone(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(connection=None)

    await Tick(pipeline.runs).run()
    await pipeline.drain()

    assert (await listed(pipeline)).last_run is None
    assert pipeline.imports == 0


async def test_the_list_tells_when_data_was_last_delivered_whatever_came_after(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()
    before = await listed(pipeline)
    delivered = await pipeline.run_to_end()
    after = await listed(pipeline)
    pipeline.sandbox.account.directory.delete_list(1)
    failed = await pipeline.run_to_end()

    line = await listed(pipeline)

    assert (before.last_run, before.refreshed_at) == (None, None)
    assert after.refreshed_at == delivered.handed_over_at
    assert line.last_run is not None
    assert (line.last_run.id, line.last_run.state) == (failed.id, "failed")
    assert line.refreshed_at == after.refreshed_at


async def test_a_dry_run_delivers_nothing(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()
    dry = await pipeline.run_to_end(dry_run=True)

    line = await listed(pipeline)

    assert line.last_run is not None
    assert (line.last_run.id, line.refreshed_at) == (dry.id, None)
