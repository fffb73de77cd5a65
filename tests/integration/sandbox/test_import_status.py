import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.sandbox.api import Api, people, person
from tests.integration.sandbox.conftest import Open
from tools.sandbox import Fault, Knobs
from tools.sandbox.batches import Fate
from tools.sandbox.directory import Directory
from tools.sandbox.imports import Imports


async def test_a_batch_goes_through_its_states_in_order(open_api: Open) -> None:
    api = await open_api(start_delay=(4, 4), drain_rate=(1, 1), undecided_seconds=1)
    reply = await api.bulk(person("a"), person("b"))

    seen = [(await api.outcome(reply))["status"]]
    for _ in range(7):
        api.clock.advance(1)
        seen.append((await api.outcome(reply))["status"])

    assert seen == [False, "waiting", "claimed", "claimed", "active", "active", "completed", "completed"]


async def test_contacts_appear_when_their_batch_has_ended(open_api: Open) -> None:
    api = await open_api(start_delay=(4, 4), drain_rate=(1, 1))
    await api.bulk(person("a"), person("b"))

    api.clock.advance(5.9)
    before = api.sandbox.members(1)
    api.clock.advance(0.1)

    assert before == set()
    assert api.sandbox.members(1) == {"a@example.com", "b@example.com"}


async def test_a_batch_that_is_not_over_shows_no_outcome(open_api: Open) -> None:
    api = await open_api(start_delay=(4, 4))

    info = await api.outcome(await api.bulk(person()))

    assert info == {"status": "waiting", "success": [], "failure": []}


@pytest.mark.parametrize(("choice", "ids"), [("created", ["2"]), ("written", ["1", "2"])])
async def test_success_names_the_created_or_all_written(open_api: Open, choice: str, ids: list[str]) -> None:
    api = await open_api(info_success=choice)
    await api.bulk(person("old"))

    reply = await api.bulk(person("old"), person("new"))

    assert await api.outcome(reply) == {"status": "completed", "success": ids, "failure": []}


async def test_info_wants_a_batch(api: Api) -> None:
    reply = await api.get("import/info")

    assert reply.status == 400
    assert reply.json == {"success": 0, "message": "'batchId' is a required field."}


async def test_an_unknown_batch_is_undecided_or_a_404(open_api: Open) -> None:
    api = await open_api()

    undecided = await api.get("import/info", batchId="nothing")
    api.sandbox.set_knobs(unknown_batch=404)
    missing = await api.get("import/info", batchId="nothing")

    assert undecided.json == {"status": False, "success": [], "failure": []}
    assert missing.status == 404


async def test_the_aggregate_sums_what_is_outstanding_and_what_completed(open_api: Open) -> None:
    api = await open_api(start_delay=(10, 10))
    await api.bulk(*people(3))
    await api.bulk(*people(2))

    before = (await api.get("import/bulk_import")).json
    api.clock.advance(10)
    after = (await api.get("import/bulk_import")).json
    api.clock.advance(7 * 86_400)
    later = (await api.get("import/bulk_import")).json

    sums = [{"forDate": "2025-12-31", "batches": "2", "contacts": "5"}]
    assert before == {"outstanding": sums, "recentlyCompleted": []}
    assert after == {"outstanding": [], "recentlyCompleted": sums}
    assert later == {"outstanding": [], "recentlyCompleted": []}


@pytest.mark.parametrize(
    ("kind", "status"), [("batch_failed", "failed"), ("batch_interrupted", "interrupted")]
)
async def test_a_batch_ends_badly_with_or_without_a_part_of_its_contacts(
    api: Api, kind: str, status: str
) -> None:
    api.sandbox.add_fault(Fault(kind=kind, at=(1,)))  # type: ignore[arg-type]
    api.sandbox.add_fault(Fault(kind=kind, at=(2,), written=0.5))  # type: ignore[arg-type]

    nothing = await api.outcome(await api.bulk(*people(4)))
    written = api.sandbox.members(1)
    half = await api.outcome(await api.bulk(*people(4)))

    assert nothing == {"status": status, "success": [], "failure": []}
    assert written == set()
    assert half["status"] == status
    assert api.sandbox.members(1) == {"person.0@example.com", "person.1@example.com"}


@pytest.mark.parametrize("stage", ["false", "waiting", "claimed", "active"])
async def test_a_batch_stays_undecided_for_ever(api: Api, stage: str) -> None:
    api.sandbox.add_fault(Fault(kind="batch_undecided", stays=stage))  # type: ignore[arg-type]

    reply = await api.bulk(person())
    api.clock.advance(1e6)

    assert (await api.outcome(reply))["status"] == (False if stage == "false" else stage)
    assert api.sandbox.members(1) == set()


async def test_several_workers_end_batches_out_of_order(open_api: Open) -> None:
    api = await open_api(start_delay=(0, 60), workers=8)
    replies = [await api.bulk(person(str(number))) for number in range(8)]

    api.clock.advance(30)
    over = [(await api.outcome(reply))["status"] == "completed" for reply in replies]

    assert any(over)
    assert not all(over)
    assert over != sorted(over, reverse=True)


@given(
    sizes=st.lists(st.integers(1, 250), min_size=1, max_size=30),
    workers=st.integers(1, 5),
    seed=st.integers(0, 999),
)
def test_never_more_batches_are_at_work_than_there_are_workers(
    sizes: list[int], workers: int, seed: int
) -> None:
    knobs = Knobs(workers=workers)
    imports = Imports(Random(seed))

    for position in range(len(sizes)):
        imports.accept(
            [None] * sizes[position],  # type: ignore[list-item]
            knobs,
            float(position),
            automations=False,
            fate=Fate(),
        )

    batches = list(imports.batches.values())
    for batch in batches:
        at_work = sum(one.starts <= batch.starts < one.ends for one in batches)
        assert at_work <= workers
        assert batch.accepted <= batch.claimed <= batch.starts < batch.ends < math.inf


async def test_finishing_imports_ends_what_can_end(open_api: Open) -> None:
    api = await open_api(start_delay=(500, 500))
    api.sandbox.add_fault(Fault(kind="batch_undecided"))
    stuck = await api.bulk(person("stuck"))
    reply = await api.bulk(person("jane"))

    api.sandbox.account.finish_imports()

    assert (await api.outcome(reply))["status"] == "completed"
    assert (await api.outcome(stuck))["status"] == "active"
    assert api.sandbox.members(1) == {"jane@example.com"}


def test_an_empty_queue_settles_to_nothing() -> None:
    imports, directory = Imports(Random(0)), Directory()

    imports.settle(directory, Knobs(), 1e9)

    assert imports.aggregate(1e9) == {"outstanding": [], "recentlyCompleted": []}
