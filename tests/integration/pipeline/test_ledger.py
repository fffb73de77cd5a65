"""What is sent again, and what is not."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline import MAPPING, OpenPipeline, Pipeline, people, row
from tools.sandbox import Fault, Sandbox


async def delivered(pipeline: Pipeline, count: int, **export: Any) -> None:
    """A first run of so many people, all imported."""
    await pipeline.write_segment("Vip", people(count))
    await pipeline.make_export(**export)
    run = await pipeline.run_to_end()
    assert run.counts.imported == count


async def test_a_second_run_of_the_same_segment_sends_nothing(pipeline: Pipeline) -> None:
    await delivered(pipeline, 300)
    before = pipeline.imports

    run = await pipeline.run_to_end()

    assert run.state == "successful"
    assert (run.counts.unchanged, run.counts.planned) == (300, 0)
    assert run.counts.add_up
    assert pipeline.imports == before


async def test_only_what_changed_is_sent_in_one_small_request(pipeline: Pipeline) -> None:
    await delivered(pipeline, 300)
    before = pipeline.sandbox.evidence()
    changed = [row(number, FirstName="Changed") for number in range(3)]
    await pipeline.write_segment("Vip", [*changed, *people(297, start=3)], at="2026/01/16/0640")

    run = await pipeline.run_to_end()
    after = pipeline.sandbox.evidence()

    assert (run.counts.unchanged, run.counts.imported) == (297, 3)
    assert after["batches_accepted"] == before["batches_accepted"] + 1
    assert after["contacts_accepted"] == before["contacts_accepted"] + 3
    assert after["repeated_same"] == 0


async def test_a_full_run_sends_everybody(pipeline: Pipeline) -> None:
    await delivered(pipeline, 20)

    run = await pipeline.run_to_end(full=True)

    assert (run.full, run.counts.unchanged, run.counts.imported) == (True, 0, 20)
    assert pipeline.sandbox.evidence()["repeated_same"] == 20


@pytest.mark.parametrize(
    "patch",
    [
        {"tags": ["spring"]},
        {"list_id": 2},
        {"mapping": MAPPING | {"fields": {"City": "City"}}},
        {"connection": "other"},
    ],
    ids=["tag", "list", "field", "account"],
)
async def test_another_target_is_a_change_for_everybody(pipeline: Pipeline, patch: dict[str, Any]) -> None:
    pipeline.sandbox.add_list("Second")
    pipeline.sandbox.add_field("City")
    await delivered(pipeline, 20)
    async with Sandbox(knobs=pipeline.sandbox.account.knobs, key=pipeline.sandbox.api_key) as other:
        other.add_list("Newsletter")
        await pipeline.connect("other", api_url=other.url)
        await pipeline.change_export(**patch)

        run = await pipeline.run_to_end()
        members = other.members(1)

    assert (run.counts.unchanged, run.counts.imported) == (0, 20)
    assert len(members) == (20 if "connection" in patch else 0)


async def test_failed_and_refused_contacts_are_withheld_until_a_retry(pipeline: Pipeline) -> None:
    pipeline.sandbox.exclude("p1@example.com")
    await pipeline.write_segment("Vip", [*people(20), row(20, EMail="refused@example.xn--p1ai")])
    await pipeline.make_export()
    first = await pipeline.run_to_end()
    before = pipeline.imports

    second = await pipeline.run_to_end()
    quiet = pipeline.imports
    third = await pipeline.retry(second.id)

    assert (first.counts.failed, first.counts.refused, first.counts.imported) == (1, 1, 19)
    assert (second.counts.withheld, second.counts.unchanged, second.counts.planned) == (2, 19, 0)
    assert quiet == before
    assert (third.trigger, third.counts.planned) == ("retry", 2)
    assert (third.counts.failed, third.counts.refused) == (1, 1)


async def test_a_withheld_contact_is_sent_when_it_changed(pipeline: Pipeline) -> None:
    pipeline.sandbox.bounce("p1@example.com")
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    await pipeline.run_to_end()
    changed = row(1, FirstName="Changed")
    await pipeline.write_segment("Vip", [row(0), changed, *people(18, start=2)], at="2026/01/16/0640")

    run = await pipeline.run_to_end()

    assert (run.counts.unchanged, run.counts.withheld, run.counts.planned) == (19, 0, 1)


async def test_who_left_the_segment_is_counted_in_the_plan(pipeline: Pipeline) -> None:
    await delivered(pipeline, 20)
    await pipeline.write_segment("Vip", people(15), at="2026/01/16/0640")

    run = await pipeline.run_to_end()
    plan = await pipeline.runs.records.plans.get(run.id)

    assert plan is not None
    assert plan.value.left == 5
    assert (run.counts.contacts, run.counts.unchanged) == (15, 15)


async def test_unconfirmed_contacts_are_not_entered_and_go_again(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(CONFIRM_MINUTES="0")
    pipeline.sandbox.add_fault(Fault(kind="batch_undecided"))
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    first = await pipeline.run_to_end()

    second = await pipeline.run_to_end()

    assert (first.counts.unconfirmed, second.counts.imported) == (20, 20)
    assert first.state == "completed_with_warnings"


async def test_the_ledger_keeps_its_key_until_a_full_run_gives_it_the_newest(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    await delivered(pipeline, 20)
    old = await key_version(pipeline, tmp_path)
    new = pipeline.tenant.vault.secrets.set("segment-export-ledger", "n" * 40).version
    pipeline.services = pipeline.new_process()

    run = await pipeline.run_to_end()
    kept = await key_version(pipeline, tmp_path)
    full = await pipeline.run_to_end(full=True)
    rekeyed = await key_version(pipeline, tmp_path)
    plan = await pipeline.runs.records.plans.get(full.id)
    after = await pipeline.run_to_end()

    assert (run.counts.unchanged, kept) == (20, old)
    assert (full.counts.imported, rekeyed) == (20, new)
    assert plan is not None
    assert (plan.value.new, plan.value.changed, plan.value.left) == (0, 20, 0)
    assert after.counts.unchanged == 20


async def key_version(pipeline: Pipeline, tmp_path: Path) -> str:
    """The version of the secret that the stored ledger names."""
    file = tmp_path / "ledger.sqlite"
    file.write_bytes((await pipeline.blobs("ledger/"))["ledger/vip"])
    database = sqlite3.connect(file)
    (version,) = database.execute("SELECT value FROM about WHERE name = 'key_version'").fetchone()
    database.close()
    return str(version)
