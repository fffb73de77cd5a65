"""A process that dies at any request: another one ends the run as if nothing had happened, nearly."""

import pytest

from shared.runs.delivering import IN_FLIGHT
from tests.integration.pipeline.crash import Exposed
from tests.pipeline import people
from tools.proxy import Fault

CONTACTS = 1100
CHUNK = 250


async def survives(exposed: Exposed, service: str, request: str, at: int) -> None:
    """A run whose first process dies as this request was carried out and not yet answered."""
    pipeline = exposed.pipeline
    await pipeline.write_segment("Vip", people(CONTACTS))
    await pipeline.make_export(connection="exposed")
    run = await pipeline.start()

    died = await exposed.drain_until(
        getattr(exposed, service), Fault(kind="swallow", request=request, at=(at,))
    )
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert died
    assert (ended.state, ended.counts.imported, ended.counts.add_up) == ("successful", CONTACTS, True)
    assert len(pipeline.sandbox.members(1)) == CONTACTS
    assert pipeline.sandbox.evidence()["repeated_same"] <= IN_FLIGHT * CHUNK
    assert pipeline.sandbox.evidence()["repeated_changed"] == 0
    assert await pipeline.leftovers() == set()
    assert await pipeline.queued() == 0


@pytest.mark.parametrize("at", [3, 9, 16, 24, 32, 40])
async def test_dying_at_a_storage_request_loses_nobody(exposed: Exposed, at: int) -> None:
    await survives(exposed, "blobs", "*", at)


@pytest.mark.parametrize("at", [1, 3, 5])
async def test_dying_at_an_import_loses_nobody(exposed: Exposed, at: int) -> None:
    await survives(exposed, "account", "POST *", at)


async def test_dying_at_a_question_for_an_outcome_loses_nobody(exposed: Exposed) -> None:
    await survives(exposed, "account", "GET *import/info*", 2)


@pytest.mark.parametrize("request_", ["PUT */ledger/vip*", "PUT */rejections.csv*", "DELETE */active/vip*"])
async def test_dying_in_the_commit_loses_nobody(exposed: Exposed, request_: str) -> None:
    await survives(exposed, "blobs", request_, 1)


async def test_a_process_that_died_twice_still_loses_nobody(exposed: Exposed) -> None:
    pipeline = exposed.pipeline
    await pipeline.write_segment("Vip", people(2000))
    await pipeline.make_export(connection="exposed")
    run = await pipeline.start()

    deaths = [
        await exposed.drain_until(exposed.account, Fault(kind="swallow", request="POST *", at=(4,)))
        for _ in range(2)
    ]
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert deaths == [True, True]
    assert (ended.state, ended.counts.imported) == ("successful", 2000)
    assert len(pipeline.sandbox.members(1)) == 2000
    assert pipeline.sandbox.evidence()["repeated_same"] <= 2 * IN_FLIGHT * CHUNK
    assert await pipeline.leftovers() == set()
