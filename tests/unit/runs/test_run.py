from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runs.run import OVER, Counts, Job, Run, State
from tests.builders import NOW, run


@pytest.mark.parametrize("state", get_args(State))
def test_a_run_is_over_in_its_final_states_only(state: State) -> None:
    final = {"successful", "completed_with_warnings", "failed", "canceled", "skipped"}

    assert run(state=state).over == (state in final)
    assert run(state=state, dry_run=True).over == (state in final | {"held"})
    assert final == OVER


def test_a_change_leaves_the_old_record_alone() -> None:
    before = run()

    after = before.changed(state="planning", slice=2)

    assert (before.state, before.slice) == ("queued", 1)
    assert (after.state, after.slice, after.id) == ("planning", 2, "run-1")


small = st.integers(0, 50)
parts_of_counts = st.lists(small, min_size=10, max_size=10)


@given(parts_of_counts)
def test_counts_that_are_made_of_their_parts_add_up(parts: list[int]) -> None:
    rejected, duplicate, unchanged, withheld, suppressed, *sent = parts
    imported, failed, refused, unconfirmed, unsent = sent
    planned = sum(sent)
    contacts = unchanged + withheld + suppressed + planned

    counts = Counts(
        read=rejected + duplicate + contacts,
        rejected=rejected,
        duplicate=duplicate,
        contacts=contacts,
        unchanged=unchanged,
        withheld=withheld,
        suppressed=suppressed,
        planned=planned,
        imported=imported,
        failed=failed,
        refused=refused,
        unconfirmed=unconfirmed,
        unsent=unsent,
    )

    assert counts.add_up
    for name in Counts.model_fields:
        assert not counts.model_copy(update={name: getattr(counts, name) + 1}).add_up


def test_a_record_goes_through_json_unchanged() -> None:
    made = run(counts=Counts(read=1, rejected=1), wake_at=NOW, revived_at=0)

    assert Run.model_validate_json(made.model_dump_json()) == made


def test_a_job_holds_ids_only() -> None:
    assert Job(run="run-1", slice=2).model_dump_json() == '{"run":"run-1","slice":2}'
