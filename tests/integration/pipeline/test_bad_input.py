"""Segments, jobs and starts that are not as they should be."""

import pytest

from shared.runs.run import Job
from shared.runs.starting import Starter
from shared.runs.worker import Worker
from tests.pipeline import MAPPING, Pipeline, people, row


async def test_malformed_rows_are_rejected_one_by_one_and_the_rest_arrives(pipeline: Pipeline) -> None:
    good = [",".join(row(number)) for number in range(40)]
    lines = [*good[:20], '1,"open,Last,p1000@example.com,1,Ulm', *good[20:], "too,few", ""]
    await pipeline.write_segment("Vip", "\r\n".join(lines).encode() + b"2,A,B,p\xff@example.com,1,Ulm\r\n")
    await pipeline.make_export()

    run = await pipeline.run_to_end()
    found = {(line["position"], line["reason"]) for line in await pipeline.rejections(run.id)}

    assert run.state == "completed_with_warnings"
    assert (run.counts.imported, run.counts.add_up) == (40, True)
    assert found == {
        ("Vip_1:21", "unclosed_quote"),
        ("Vip_1:42", "column_count"),
        ("Vip_1:43", "bad_encoding"),
    }


async def test_a_partition_that_is_missing_fails_the_run_before_anything_is_sent(pipeline: Pipeline) -> None:
    _, second = await pipeline.write_segment("Vip", people(4), people(4, start=4))
    await pipeline.segments.delete_blob(second)
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "snapshot_changed"
    assert pipeline.imports == 0
    assert await pipeline.leftovers() == set()


async def test_an_email_column_that_is_not_there_fails_the_run_and_names_what_is(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(mapping=MAPPING | {"email": "Mail"})

    run = await pipeline.run_to_end()

    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "segment_format_error"
    assert "EMail" in run.problem.message


async def test_a_job_of_an_unknown_run_is_dropped(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    await Worker(pipeline.runs).work(Job(run="unknown", slice=1))

    assert "there is no run unknown" in caplog.text
    assert await pipeline.blobs("runs/") == {}


@pytest.mark.parametrize("slice_", [1, 7])
async def test_a_job_of_a_run_that_is_over_changes_nothing(pipeline: Pipeline, slice_: int) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()
    run = await pipeline.run_to_end()
    before = await pipeline.blobs("runs/")

    await Worker(pipeline.runs).work(Job(run=run.id, slice=slice_))

    assert await pipeline.blobs("runs/") == before
    assert await pipeline.leftovers() == set()
    assert await pipeline.queued() == 0


async def test_a_job_of_a_slice_that_is_over_is_dropped(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(guards={"row_cap": 1})
    run = await pipeline.run_to_end()
    before = await pipeline.blobs("runs/")

    await Worker(pipeline.runs).work(Job(run=run.id, slice=run.slice - 1))

    assert (run.state, run.slice) == ("held", 1)
    assert await pipeline.blobs("runs/") == before


async def test_a_second_start_gives_the_run_that_is_under_way(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    export = await pipeline.make_export()
    run = await pipeline.start()

    again = await Starter(pipeline.runs).start(export, "on_demand", "tests")
    await pipeline.drain()

    assert (again.created, again.run.id) == (False, run)
    assert len(pipeline.messages) == 1
    assert pipeline.sandbox.evidence()["contacts_accepted"] == 4


async def test_a_run_whose_connection_is_gone_is_skipped_with_the_reason(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()
    started = await pipeline.start()
    await pipeline.state.delete_blob("connections/main.json")

    await pipeline.drain()

    run = await pipeline.run(started)
    assert run.state == "skipped"
    assert run.reason is not None
    assert "no connection has the id 'main'" in run.reason
    assert await pipeline.leftovers() == set()
