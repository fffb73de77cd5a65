import pytest

from shared import errors
from shared.errors import AccessDenied, ActiveCampaignError, SegmentExportError, SnapshotChanged
from shared.runs.endings import final_state, problem
from shared.runs.run import Counts, Finding, State
from tests.builders import run


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        (Counts(), "successful"),
        (Counts(read=1, contacts=1, planned=1, imported=1), "successful"),
        (Counts(contacts=2, unchanged=1, withheld=1), "successful"),
        (Counts(duplicate=1), "successful"),
        (Counts(rejected=1), "completed_with_warnings"),
        (Counts(refused=1), "completed_with_warnings"),
        (Counts(failed=1), "completed_with_warnings"),
        (Counts(unconfirmed=1), "completed_with_warnings"),
    ],
)
def test_a_run_warns_where_a_profile_did_not_arrive(counts: Counts, state: State) -> None:
    assert final_state(run(), counts) == state


@pytest.mark.parametrize(("dry_run", "holds", "state"), [(True, True, "held"), (True, False, "successful")])
def test_a_dry_run_shows_that_the_plan_would_be_held(dry_run: bool, holds: bool, state: State) -> None:
    made = run(dry_run=dry_run, findings=[Finding(code="growth", message="", holds=holds)])

    assert final_state(made, Counts()) == state


def test_a_plan_that_was_approved_ends_like_any_other() -> None:
    made = run(findings=[Finding(code="growth", message="", holds=True)])

    assert final_state(made, Counts()) == "successful"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AccessDenied("no"), "access_denied"),
        (SnapshotChanged("changed"), "snapshot_changed"),
        (ActiveCampaignError("odd"), "active_campaign_error"),
    ],
)
def test_a_problem_has_a_code_and_the_words_of_the_error(error: SegmentExportError, code: str) -> None:
    found = problem(error)

    assert (found.code, found.message) == (code, str(error))


def test_no_two_errors_share_a_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]

    codes = {problem(kind.__new__(kind)).code for kind in kinds if issubclass(kind, SegmentExportError)}

    assert len(codes) == len(kinds)
