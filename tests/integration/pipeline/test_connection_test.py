"""The test of a connection against an account that misbehaves or does not allow something."""

import pytest

from shared.connections.findings import ConnectionTest
from shared.connections.testing import ConnectionTester
from tests.pipeline import Pipeline
from tools.sandbox import Fault, Person


async def outcome(pipeline: Pipeline) -> ConnectionTest:
    found = await pipeline.services.connections.get("main")
    return await ConnectionTester(pipeline.runs).test(found.value)


def failures(tested: ConnectionTest) -> dict[str, str]:
    return {one.subject: one.message for one in tested.findings if one.result == "failed"}


def unknowns(tested: ConnectionTest) -> set[str]:
    return {one.subject for one in tested.findings if one.result == "unknown"}


@pytest.mark.parametrize("mode", ["json", "empty", "login_page"])
async def test_a_wrong_key_fails_the_test_of_credentials_only(pipeline: Pipeline, mode: str) -> None:
    pipeline.sandbox.set_knobs(auth_failure=mode)
    pipeline.sandbox.account.revoke_key()

    tested = await outcome(pipeline)

    assert not tested.passed
    assert failures(tested).keys() == {"credentials"}
    assert "check the API key" in failures(tested)["credentials"]
    assert unknowns(tested) == {"lists", "import_permission", "contact_allowance"}


async def test_a_secret_that_is_gone_fails_the_test_by_its_name(pipeline: Pipeline) -> None:
    pipeline.tenant.vault.secrets.delete("activecampaign-key")

    tested = await outcome(pipeline)

    assert failures(tested).keys() == {"credentials"}
    assert "activecampaign-key" in failures(tested)["credentials"]
    assert pipeline.sandbox.evidence()["requests"] == 0


async def test_a_host_that_sends_elsewhere_fails_the_test_of_the_host(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="redirect", endpoint="GET users/me", times=None))

    tested = await outcome(pipeline)

    assert failures(tested).keys() == {"host"}
    assert "check the API URL" in failures(tested)["host"]


@pytest.mark.parametrize(
    ("knobs", "subject", "words"),
    [
        ({"may_import": False}, "import_permission", "allow the user's group to import"),
        ({"may_view_lists": False}, "lists", "give the user's group access"),
        ({"subscriber_limit": 1}, "contact_allowance", "1 of 1 contacts"),
    ],
)
async def test_what_the_account_does_not_allow_is_found_before_a_run_finds_it(
    pipeline: Pipeline, knobs: dict[str, object], subject: str, words: str
) -> None:
    pipeline.sandbox.set_knobs(**knobs)
    pipeline.sandbox.add_person(Person(email="somebody@example.com", lists={1: "active"}))

    tested = await outcome(pipeline)

    assert not tested.passed
    assert failures(tested).keys() == {subject}
    assert words in failures(tested)[subject]


@pytest.mark.parametrize("reaction", ["refuse", "accept"])
async def test_permission_to_import_is_found_out_without_importing_anybody(
    pipeline: Pipeline, reaction: str
) -> None:
    pipeline.sandbox.set_knobs(empty=reaction)

    tested = await outcome(pipeline)

    assert tested.passed
    assert pipeline.imports == 1
    assert pipeline.sandbox.evidence()["contacts_accepted"] == 0


async def test_an_allowance_that_is_not_told_does_not_fail_the_test(pipeline: Pipeline) -> None:
    pipeline.sandbox.set_knobs(settings_account=403)

    tested = await outcome(pipeline)

    assert (tested.passed, unknowns(tested)) == (True, {"contact_allowance"})


async def test_an_account_that_is_busy_is_no_wrong_connection(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint="GET users/me", retry_after=30))

    tested = await outcome(pipeline)

    assert (tested.passed, failures(tested)) == (False, {})
    assert "credentials" in unknowns(tested)


async def test_a_host_that_never_answers_ends_the_test_all_the_same(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="hang", endpoint="GET lists"))
    found = await pipeline.services.connections.get("main")

    tested = await ConnectionTester(pipeline.runs, patience=0.3).test(found.value)

    assert (tested.passed, failures(tested)) == (False, {})
    assert unknowns(tested) == {"lists", "import_permission", "contact_allowance"}
