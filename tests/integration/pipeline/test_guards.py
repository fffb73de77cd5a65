"""What holds a plan, and what only warns."""

from typing import Any

import pytest

from tests.pipeline import MAPPING, Pipeline, people, row


async def held_with(pipeline: Pipeline, code: str) -> str:
    """The message of the finding that holds the run; nothing was sent."""
    before = pipeline.imports
    run = await pipeline.run_to_end()
    assert run.state == "held"
    assert pipeline.imports == before
    assert await pipeline.queued() == 0
    (finding,) = [finding for finding in run.findings if finding.holds]
    assert finding.code == code
    assert run.reason == finding.message
    return finding.message


async def test_a_segment_that_grew_too_much_is_held(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(guards={"growth_contacts": 5})
    await pipeline.run_to_end()
    await pipeline.write_segment("Vip", people(20), at="2026/01/16/0640")

    message = await held_with(pipeline, "growth")

    assert message == "the segments grew from 4 to 20 contacts"


async def test_a_mapped_column_that_is_gone_holds_the_plan_and_names_what_is_there(
    pipeline: Pipeline,
) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(mapping=MAPPING | {"phone": "Telefon"})

    message = await held_with(pipeline, "column_missing")

    assert "'Telefon'" in message
    assert "Telephone" in message


async def test_many_rejected_rows_hold_the_plan(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", [*people(8), row(8, EMail="bad"), row(9, EMail="bad")])
    await pipeline.make_export()

    message = await held_with(pipeline, "rejections")

    assert message == "2 rows are rejected: 20.0% where 10% is allowed"


async def test_more_new_contacts_than_the_account_has_room_for_hold_the_plan(pipeline: Pipeline) -> None:
    pipeline.sandbox.set_knobs(subscriber_limit=3)
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()

    message = await held_with(pipeline, "allowance")

    assert message == "4 contacts are new to this export and the account has room for 3"


async def test_more_rows_than_the_cap_hold_the_plan(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(guards={"row_cap": 3})

    message = await held_with(pipeline, "row_cap")

    assert message == "4 rows are more than the cap of 3"


@pytest.mark.parametrize(
    ("rows", "knobs", "codes"),
    [
        ([], {}, {"empty"}),
        (people(4), {"settings_account": 403}, {"allowance_unknown"}),
    ],
    ids=["empty segment", "unknown allowance"],
)
async def test_some_things_only_warn(
    pipeline: Pipeline, rows: list[list[str]], knobs: dict[str, Any], codes: set[str]
) -> None:
    pipeline.sandbox.set_knobs(**knobs)
    await pipeline.write_segment("Vip", rows)
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert run.state == "successful"
    assert run.counts.imported == len(rows)
    assert {finding.code for finding in run.findings} == codes
    assert not any(finding.holds for finding in run.findings)


async def test_a_segment_that_shrank_by_half_warns(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(9))
    await pipeline.make_export()
    await pipeline.run_to_end()
    await pipeline.write_segment("Vip", people(4), at="2026/01/16/0640")

    run = await pipeline.run_to_end()

    assert run.state == "successful"
    assert [finding.code for finding in run.findings] == ["shrinkage"]


async def test_a_dry_run_plans_and_sends_nothing(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", [*people(20), row(20, EMail="bad")])
    await pipeline.make_export()

    run = await pipeline.run_to_end(dry_run=True)
    sent = pipeline.imports
    after = await pipeline.run_to_end()

    assert (run.state, run.counts.planned, run.counts.unsent) == ("completed_with_warnings", 20, 20)
    assert run.counts.add_up
    assert sent == 0
    assert [line["reason"] for line in await pipeline.rejections(run.id)] == ["address_invalid"]
    assert after.counts.imported == 20


async def test_a_dry_run_that_would_be_held_says_so_and_is_over(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(guards={"row_cap": 3})

    run = await pipeline.run_to_end(dry_run=True)

    assert (run.state, run.over) == ("held", True)
    assert await pipeline.blobs("active/") == {}
    assert pipeline.imports == 0
