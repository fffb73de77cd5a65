"""A retry sends what did not arrive, and nothing else."""

from shared.runs.run import Run
from tests.pipeline import OpenPipeline, Pipeline, people, row
from tools.sandbox import Fault

IMPORT = "POST import/bulk_import"


async def accepted_of(pipeline: Pipeline, run: str) -> tuple[Run, int]:
    """A retry of the run, and how many contacts ActiveCampaign accepted in it."""
    before = pipeline.sandbox.evidence()["contacts_accepted"]
    again = await pipeline.retry(run)
    return again, pipeline.sandbox.evidence()["contacts_accepted"] - before


async def test_failed_and_refused_contacts_go_again_and_imported_ones_do_not(pipeline: Pipeline) -> None:
    pipeline.sandbox.bounce("p1@example.com")
    await pipeline.write_segment("Vip", [*people(20), row(20, EMail="refused@example.xn--p1ai")])
    await pipeline.make_export()
    first = await pipeline.run_to_end()

    again, accepted = await accepted_of(pipeline, first.id)

    assert (first.counts.imported, first.counts.failed, first.counts.refused) == (19, 1, 1)
    assert (again.trigger, again.counts.unchanged, again.counts.planned) == ("retry", 19, 2)
    assert (again.counts.failed, again.counts.refused, accepted) == (1, 1, 1)
    assert pipeline.sandbox.evidence()["repeated_same"] == 1


async def test_unconfirmed_contacts_go_again_and_imported_ones_do_not(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(CONFIRM_MINUTES="0")
    pipeline.sandbox.add_fault(Fault(kind="batch_undecided", endpoint=IMPORT, at=(1,)))
    await pipeline.write_segment("Vip", people(400))
    await pipeline.make_export()
    first = await pipeline.run_to_end()

    again, accepted = await accepted_of(pipeline, first.id)

    assert first.counts.imported + first.counts.unconfirmed == 400
    assert first.counts.unconfirmed > 0 < first.counts.imported
    assert again.counts.unchanged == first.counts.imported
    assert again.counts.imported == accepted == first.counts.unconfirmed


async def test_unsent_contacts_go_and_imported_ones_do_not(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="revoke_key", endpoint=IMPORT, at=(3,)))
    await pipeline.write_segment("Vip", people(1500))
    await pipeline.make_export()
    first = await pipeline.run_to_end()
    pipeline.tenant.vault.secrets.set("activecampaign-key", pipeline.sandbox.account.new_key())

    again, accepted = await accepted_of(pipeline, first.id)

    assert (first.state, first.counts.add_up) == ("failed", True)
    assert again.counts.unchanged == first.counts.imported
    assert again.counts.imported == 1500 - first.counts.imported >= accepted
    assert len(pipeline.sandbox.members(1)) == 1500


async def test_a_retry_sends_nobody_where_everybody_arrived(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    first = await pipeline.run_to_end()

    again, accepted = await accepted_of(pipeline, first.id)

    assert (again.counts.unchanged, again.counts.planned, accepted) == (20, 0, 0)


async def test_a_retry_does_not_become_full_because_a_full_run_is_due(pipeline: Pipeline) -> None:
    pipeline.sandbox.bounce("p1@example.com")
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    first = await pipeline.run_to_end()
    await pipeline.change_export(full_every_days=1)

    again, accepted = await accepted_of(pipeline, first.id)

    assert (again.full, again.counts.unchanged, accepted) == (False, 19, 1)


async def test_a_retry_of_a_full_run_that_was_canceled_before_its_plan_is_full(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    await pipeline.run_to_end()
    full = await pipeline.start(full=True)
    await pipeline.cancel(full)
    await pipeline.drain()

    again, accepted = await accepted_of(pipeline, full)

    canceled = await pipeline.run(full)
    assert (canceled.state, canceled.plan) == ("canceled", None)
    assert (again.full, again.counts.imported, accepted) == (True, 20, 20)


async def test_a_retry_of_a_full_run_that_left_people_out_is_full(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(CONFIRM_MINUTES="0")
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    await pipeline.run_to_end()
    pipeline.sandbox.add_fault(Fault(kind="batch_undecided", endpoint=IMPORT, at=(1,)))
    full = await pipeline.run_to_end(full=True)

    again, accepted = await accepted_of(pipeline, full.id)

    assert (full.counts.unconfirmed, again.full, again.counts.imported, accepted) == (20, True, 20, 20)
