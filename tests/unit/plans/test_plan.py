import pytest

from shared.plans.chunks import Staged
from shared.plans.plan import ChunkIndex, Plan
from shared.runs.run import Counts, Finding
from tests.builders import NOW, content, snapshot

CHUNKS = [
    Staged(kind="plain", count=250, offset=0, body=10, sources=20),
    Staged(kind="doubtful", count=3, offset=32, body=11, sources=21),
]


def plan(*findings: Finding) -> Plan:
    return Plan(
        id="p",
        run="r",
        made_at=NOW,
        account="acme",
        key_version="v1",
        full=False,
        export=content(),
        snapshots=[snapshot()],
        counts=Counts(),
        minutes=0.1,
        findings=list(findings),
        chunks=ChunkIndex.of(CHUNKS),
    )


def test_the_index_gives_each_chunk_back() -> None:
    index = ChunkIndex.of(CHUNKS)

    assert len(index) == 2
    assert [index[0], index[1]] == CHUNKS
    with pytest.raises(IndexError):
        index[2]


def test_an_index_of_nothing_is_empty() -> None:
    assert len(ChunkIndex.of([])) == 0


def test_the_index_goes_through_json() -> None:
    made = plan()

    again = Plan.model_validate_json(made.model_dump_json())

    assert again == made
    assert [again.chunks[0], again.chunks[1]] == CHUNKS


def test_a_plan_is_held_by_one_finding_that_holds() -> None:
    warning = Finding(code="empty", message="", holds=False)
    hold = Finding(code="growth", message="", holds=True)

    assert [plan().held, plan(warning).held, plan(warning, hold).held] == [False, False, True]
