"""Why imports fail, which ActiveCampaign does not say: looked up before the run ends."""

from collections.abc import Sequence

import pytest

from shared.runs.explaining import PATIENCE
from shared.runs.explanations import MOST
from shared.runs.starting import Starter
from tests.integration.pipeline.crash import Exposed
from tests.pipeline import OpenPipeline, Pipeline, people, row
from tests.pipeline.segments import Row
from tools.proxy import Fault as Death
from tools.sandbox import Fault, Sandbox

LOOK_UP = "GET contacts"


def opt_out(sandbox: Sandbox, numbers: Sequence[int], list_id: int = 1) -> None:
    for number in numbers:
        sandbox.unsubscribe(f"p{number}@example.com", list_id)


async def start(pipeline: Pipeline, rows: Sequence[Row], connection: str = "main") -> str:
    await pipeline.write_segment("Vip", rows)
    await pipeline.make_export(connection=connection, schedule="off")
    return await pipeline.start()


async def reasons(pipeline: Pipeline, run: str) -> dict[str, str]:
    """The reason by position."""
    return {line["position"]: line["reason"] for line in await pipeline.rejections(run)}


def look_ups(sandbox: Sandbox) -> int:
    return int(sandbox.evidence()["by_endpoint"].get(LOOK_UP, 0))


async def test_each_reason_that_the_account_shows_is_found(pipeline: Pipeline) -> None:
    second = pipeline.sandbox.add_list("Second")
    opt_out(pipeline.sandbox, [1])
    opt_out(pipeline.sandbox, [2], second)
    pipeline.sandbox.bounce("p3@example.com")
    pipeline.sandbox.exclude("p4@example.com")
    run = await start(pipeline, [*people(10), row(10, EMail="o'brien@example.com")])

    await pipeline.drain()
    ended = await pipeline.run(run)
    lines = {line["position"]: line for line in await pipeline.rejections(run)}

    assert (ended.state, ended.counts.failed, ended.counts.add_up) == ("completed_with_warnings", 4, True)
    assert {position: line["reason"] for position, line in lines.items()} == {
        "Vip_1:2": "unsubscribed",
        "Vip_1:4": "bounced",
        "Vip_1:5": "excluded",
        "Vip_1:11": "import_failed",
    }
    assert lines["Vip_1:2"]["hint"].startswith("list 1; ")
    assert "gave no reason" in lines["Vip_1:11"]["hint"]
    assert await pipeline.leftovers() == set()


async def test_an_account_that_is_full_is_the_reason_for_who_is_not_in_it(pipeline: Pipeline) -> None:
    pipeline.sandbox.set_knobs(subscriber_limit=5)
    run = await start(pipeline, people(8))
    await pipeline.drain()
    held = await pipeline.run(run)
    await Starter(pipeline.runs).approve(held, held.plan or "", "Ann")

    await pipeline.drain()
    found = await reasons(pipeline, run)

    assert held.state == "held"
    assert list(found.values()) == ["contact_limit"] * 3


async def test_no_more_are_looked_up_than_five_hundred(pipeline: Pipeline) -> None:
    pipeline.sandbox.exclude("@example.com", "end")
    run = await start(pipeline, people(MOST + 20))

    await pipeline.drain()
    found = list((await reasons(pipeline, run)).values())

    assert (found.count("excluded"), found.count("import_failed")) == (MOST, 20)


async def test_nobody_is_looked_up_where_nothing_failed(pipeline: Pipeline) -> None:
    run = await start(pipeline, people(10))

    await pipeline.drain()
    ended = await pipeline.run(run)

    assert ended.state == "successful"
    assert look_ups(pipeline.sandbox) == 0
    assert await pipeline.blobs(f"runs/{run}/explanations") == {}


@pytest.mark.parametrize(
    ("service", "request_", "at"),
    [
        ("account", "GET *lists/exclusions*", 1),
        ("account", "GET *contacts?*", 2),
        ("blobs", "PUT */explanations*", 4),
        ("blobs", "PUT */rejections.csv*", 1),
    ],
)
async def test_dying_while_looking_up_loses_and_doubles_nothing(
    exposed: Exposed, service: str, request_: str, at: int
) -> None:
    pipeline = exposed.pipeline
    opt_out(pipeline.sandbox, range(5))
    run = await start(pipeline, people(20), "exposed")

    died = await exposed.drain_until(
        getattr(exposed, service), Death(kind="swallow", request=request_, at=(at,))
    )
    await pipeline.drain()
    ended = await pipeline.run(run)
    found = await reasons(pipeline, run)

    assert died
    assert (ended.counts.imported, ended.counts.failed, ended.counts.add_up) == (15, 5, True)
    assert found == {f"Vip_1:{number + 1}": "unsubscribed" for number in range(5)}
    assert await pipeline.leftovers() == set()
    assert await pipeline.queued() == 0


async def test_a_slice_that_is_over_hands_over_and_the_next_one_goes_on(open_pipeline: OpenPipeline) -> None:
    pipeline = await open_pipeline(SLICE_SECONDS="1", ACTIVECAMPAIGN_REQUESTS_PER_SECOND="20")
    opt_out(pipeline.sandbox, range(12))
    run = await start(pipeline, people(20))

    await pipeline.drain()
    ended = await pipeline.run(run)
    found = await reasons(pipeline, run)

    assert ended.slice > 1
    assert list(found.values()) == ["unsubscribed"] * 12
    assert look_ups(pipeline.sandbox) == 12


async def test_a_short_wait_that_is_asked_for_is_waited_for(pipeline: Pipeline) -> None:
    opt_out(pipeline.sandbox, [1, 2])
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=LOOK_UP, at=(2,), retry_after=1))
    run = await start(pipeline, people(5))

    await pipeline.drain()

    assert list((await reasons(pipeline, run)).values()) == ["unsubscribed"] * 2
    assert pipeline.sandbox.evidence()["early_requests"] == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="unavailable", endpoint=LOOK_UP, at=(2,), retry_after=PATIENCE * 4),
        Fault(kind="forbidden", endpoint=LOOK_UP, at=(2, 3, 4), times=3),
    ],
    ids=["long wait", "forbidden"],
)
async def test_an_account_that_cannot_be_asked_keeps_no_run_from_ending(
    pipeline: Pipeline, fault: Fault
) -> None:
    opt_out(pipeline.sandbox, [1, 2, 3])
    pipeline.sandbox.add_fault(fault)
    run = await start(pipeline, people(5))

    await pipeline.drain()
    ended = await pipeline.run(run)
    found = await reasons(pipeline, run)

    assert (ended.state, ended.counts.failed) == ("completed_with_warnings", 3)
    assert list(found.values()) == ["unsubscribed", "import_failed", "import_failed"]
    assert await pipeline.leftovers() == set()


async def test_nobody_is_looked_up_over_a_connection_that_is_paused(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=LOOK_UP, at=(2,), retry_after=60))
    opt_out(pipeline.sandbox, [1, 2, 3])
    run = await start(pipeline, people(5))
    await pipeline.drain()
    waiting = await pipeline.run(run)
    found = await pipeline.services.connections.get("main")
    await pipeline.services.connections.documents.replace(
        "main", found.value.model_copy(update={"active": False}), etag=found.etag
    )

    await pipeline.let_pass(run, 60)
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert (waiting.ended_at, ended.state) == (None, "completed_with_warnings")
    assert list((await reasons(pipeline, run)).values()) == ["unsubscribed", "import_failed", "import_failed"]
    assert look_ups(pipeline.sandbox) == 2


async def test_a_log_of_explanations_holds_no_address(pipeline: Pipeline) -> None:
    opt_out(pipeline.sandbox, range(3))
    run = await start(pipeline, people(5))

    await pipeline.drain()
    written = await pipeline.blobs(f"runs/{run}/explanations")

    assert len(written) == 1
    assert not any(b"example" in data for data in written.values())
