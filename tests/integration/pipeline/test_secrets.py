"""Where addresses and keys may stand, and where not."""

import logging

import pytest

from shared.plans.chunks import decode_body
from shared.plans.plan import Plan
from tests.pipeline import Pipeline, people, row
from tools.sandbox import Fault

ADDRESSES = (b"@example.com", b"jane.doe", b"no-at-sign")
"""The domain of all addresses, and parts of two bad ones."""


async def eventful(pipeline: Pipeline) -> None:
    """Runs in which rows are rejected, contacts refused and failed, requests lost and chunks unsent."""
    bad = [
        row(90, EMail="<jane.doe@example.com>"),
        row(91, EMail="no-at-sign"),
        row(92, EMail="a@x.xn--p1ai"),
    ]
    pipeline.sandbox.bounce("p1@example.com")
    pipeline.sandbox.add_fault(Fault(kind="drop", when="after", endpoint="POST import/bulk_import"))
    await pipeline.write_segment("Vip", [*people(40), *bad])
    await pipeline.make_export()
    run = await pipeline.run_to_end()
    assert (run.counts.rejected, run.counts.failed, run.counts.refused) == (2, 1, 1)
    pipeline.sandbox.account.revoke_key()
    assert (await pipeline.run_to_end(full=True)).state == "failed"


async def test_no_address_and_no_key_is_left_in_any_blob(pipeline: Pipeline) -> None:
    key = pipeline.sandbox.api_key.encode()
    await eventful(pipeline)

    blobs = await pipeline.blobs()
    found = {
        (name, text)
        for name, data in blobs.items()
        for text in (*ADDRESSES, key)
        if text in name.encode() + data
    }

    assert any(name.startswith("ledger/") for name in blobs)
    assert any(name.endswith("/rejections.csv") for name in blobs)
    assert found == set()


async def test_no_address_and_no_key_is_in_a_log_record_or_a_message(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    key = pipeline.sandbox.api_key
    caplog.set_level(logging.DEBUG)
    await eventful(pipeline)

    texts = [*pipeline.messages, *(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)]
    found = [text for text in texts for secret in ("@example.com", "jane.doe", key) if secret in text]

    assert pipeline.messages
    assert caplog.records
    assert found == []


async def test_while_a_run_is_held_addresses_stand_in_its_staged_bodies_only(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(guards={"row_cap": 1})
    run = await pipeline.run_to_end()

    blobs = await pipeline.blobs()
    staged = blobs.pop(f"runs/{run.id}/chunks")

    plan = Plan.model_validate_json(blobs[f"runs/{run.id}/plan.json"])
    body, sources = staged[: plan.chunks.bodies[0]], staged[plan.chunks.bodies[0] :]
    assert b"@example.com" in decode_body(body)
    assert [name for name, data in blobs.items() if b"@example.com" in data] == []
    assert b"@example.com" not in sources
