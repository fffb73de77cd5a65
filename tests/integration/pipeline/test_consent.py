"""Nobody who opted out of a list is put back on it."""

from tests.pipeline import Pipeline, people
from tools.sandbox import Status


async def test_who_unsubscribed_stays_out_and_is_reported_as_failed(pipeline: Pipeline) -> None:
    pipeline.sandbox.unsubscribe("p3@example.com", 1)
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()

    run = await pipeline.run_to_end()
    (line,) = await pipeline.rejections(run.id)

    assert run.state == "completed_with_warnings"
    assert (run.counts.imported, run.counts.failed) == (19, 1)
    assert (line["stage"], line["reason"], line["position"]) == ("failed", "unsubscribed", "Vip_1:4")
    assert pipeline.sandbox.members(1, Status.UNSUBSCRIBED) == {"p3@example.com"}


async def test_who_unsubscribes_between_runs_is_not_resubscribed_by_a_full_run_or_a_retry(
    pipeline: Pipeline,
) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    await pipeline.run_to_end()
    pipeline.sandbox.unsubscribe("p3@example.com", 1)

    full = await pipeline.run_to_end(full=True)
    again = await pipeline.retry(full.id)

    assert (full.counts.failed, again.counts.failed) == (1, 1)
    assert pipeline.sandbox.members(1, Status.UNSUBSCRIBED) == {"p3@example.com"}
    assert pipeline.sandbox.evidence()["resubscribed"] == 0


async def test_only_imports_ever_write_to_the_account(pipeline: Pipeline) -> None:
    pipeline.sandbox.unsubscribe("p3@example.com", 1)
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()

    await pipeline.run_to_end()
    writes = [name for name in pipeline.sandbox.evidence()["by_endpoint"] if not name.startswith("GET ")]

    assert writes == ["POST import/bulk_import"]
