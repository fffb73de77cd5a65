"""What becomes of accepted batches."""

import pytest

from tests.pipeline import Pipeline, people
from tools.sandbox import Fault
from tools.sandbox.faults import Kind


@pytest.mark.parametrize("kind", ["batch_failed", "batch_interrupted"])
async def test_a_batch_that_failed_is_sent_again(pipeline: Pipeline, kind: Kind) -> None:
    failing = Fault(kind=kind, written=0.5, times=2)
    pipeline.sandbox.add_fault(failing)
    await pipeline.write_segment("Vip", people(200))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert (run.state, run.counts.imported, run.counts.add_up) == ("successful", 200, True)
    assert pipeline.sandbox.evidence()["batches_accepted"] == 3


async def test_a_batch_that_fails_three_times_is_reported_as_failed(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="batch_failed", times=None))
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()

    run = await pipeline.run_to_end()
    lines = await pipeline.rejections(run.id)

    assert run.state == "completed_with_warnings"
    assert (run.counts.imported, run.counts.failed, run.counts.add_up) == (0, 20, True)
    assert pipeline.sandbox.evidence()["batches_accepted"] == 3
    assert {(line["stage"], line["reason"]) for line in lines} == {("failed", "batch_failed")}
    assert len(lines) == 20


async def test_who_fails_in_a_batch_is_found_by_address_wherever_it_stands_in_the_chunk(
    pipeline: Pipeline,
) -> None:
    for number in (0, 137, 299):
        pipeline.sandbox.bounce(f"p{number}@example.com")
    await pipeline.write_segment("Vip", people(300))
    await pipeline.make_export()

    run = await pipeline.run_to_end()
    lines = await pipeline.rejections(run.id)

    assert (run.counts.imported, run.counts.failed) == (297, 3)
    assert {line["position"] for line in lines} == {"Vip_1:1", "Vip_1:138", "Vip_1:300"}
