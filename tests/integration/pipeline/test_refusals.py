"""Answers that refuse contacts, or requests as a whole."""

from tests.pipeline import Pipeline, people, row
from tools.sandbox import Fault

IMPORT = "POST import/bulk_import"
PUNYCODE = "xn--p1ai"
"""A top-level domain that we let pass as doubtful and the sandbox refuses by name."""


async def test_contacts_that_are_named_are_left_out_and_all_others_arrive(pipeline: Pipeline) -> None:
    doubtful = [
        row(90, EMail=f"a@example.{PUNYCODE}"),
        row(91, EMail="jörg@example.com"),
        row(92, EMail=f"b@example.{PUNYCODE}"),
    ]
    await pipeline.write_segment("Vip", [*people(20), *doubtful])
    await pipeline.make_export()

    run = await pipeline.run_to_end()
    lines = await pipeline.rejections(run.id)

    assert run.state == "completed_with_warnings"
    assert (run.counts.imported, run.counts.refused) == (21, 2)
    assert run.counts.add_up
    assert {line["position"] for line in lines} == {"Vip_1:21", "Vip_1:23"}
    assert {(line["stage"], line["reason"]) for line in lines} == {("refused", "refused")}
    assert "incorrect format" in lines[0]["hint"]
    assert "jörg@example.com" in pipeline.sandbox.members(1)


async def test_without_names_the_halves_tell_who_is_refused(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="html_error", status=400, endpoint=IMPORT, at=(1, 2)))
    await pipeline.write_segment("Vip", people(2))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert (run.counts.imported, run.counts.refused) == (1, 1)
    assert run.counts.add_up
    assert pipeline.imports == 3


async def test_a_request_refused_once_for_no_named_reason_arrives_in_parts(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="html_error", status=400, endpoint=IMPORT, times=3))
    await pipeline.write_segment("Vip", people(600))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert (run.state, run.counts.imported) == ("successful", 600)
    assert pipeline.sandbox.evidence()["repeated_same"] == 0


async def test_a_run_whose_every_request_is_refused_ends_and_says_what_to_check(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="html_error", status=400, endpoint=IMPORT, times=None))
    await pipeline.write_segment("Vip", people(600))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "request_refused"
    # Three search for a culprit at once, and one of them may get down to a single contact.
    assert run.counts.unsent + run.counts.refused == 600
    assert run.counts.refused <= 3
    assert "list, tags and custom fields" in run.problem.message
    assert pipeline.imports <= 25
    assert await pipeline.leftovers() == set()


async def test_a_body_that_is_too_large_is_split(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="html_error", status=413, endpoint=IMPORT))
    await pipeline.write_segment("Vip", people(200))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert (run.state, run.counts.imported) == ("successful", 200)
    assert [line.contacts for line in pipeline.sandbox.account.evidence.accepted] == [100, 100]
