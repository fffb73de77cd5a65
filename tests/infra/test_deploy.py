"""What scripts/deploy asks of Azure, in which order, and what it insists on."""

import json
import re
from pathlib import Path

import pytest

from tests.infra.subscription import TOKEN, Gullible, Subscription, serving
from tools.local import ROOT

ALL = ["prepare", "infrastructure", "secrets", "code", "smoke"]


def test_it_shows_what_would_change_then_changes_it_then_looks_whether_it_works(
    subscription: Subscription,
) -> None:
    done = subscription.deploy("--yes")

    assert done.returncode == 0, done.stderr
    steps = [
        each for each in subscription.commands if each.startswith(("deployment sub w", "deployment sub c"))
    ]
    assert steps == ["deployment sub what-if", "deployment sub create"]
    order = [
        subscription.commands.index(each)
        for each in (
            "deployment sub create",
            "keyvault secret set",
            "functionapp deployment source config-zip",
            "account get-access-token",
        )
    ]
    assert order == sorted(order)
    assert [line for line in done.stderr.splitlines() if line.removeprefix("deploy: ") in ALL] == [
        f"deploy: {step}" for step in ALL
    ]


def test_nothing_changes_when_what_would_change_is_not_wanted(subscription: Subscription) -> None:
    done = subscription.deploy("infrastructure", typed="n\n")

    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert subscription.commands == ["deployment sub what-if"]


def test_what_it_found_is_printed_to_be_kept(subscription: Subscription) -> None:
    found = subscription.deploy("prepare").stdout.splitlines()

    assert found[0] == "AZURE_PRINCIPAL_ID=me"
    assert re.fullmatch(r"BUDGET_START=\d{4}-\d\d-01", found[1])
    assert found[2:] == ["SEGMENTS_WRITER_PRINCIPAL_ID=insights", "ENTRA_CLIENT_ID=client"]


def test_a_second_deployment_keeps_the_first_day_of_the_budget(subscription: Subscription) -> None:
    subscription.answers = {"budgetStart": "2026-01-01"}

    found = subscription.deploy("prepare").stdout.splitlines()

    assert "BUDGET_START=2026-01-01" in found


def test_who_deploys_becomes_the_first_administrator_once(subscription: Subscription) -> None:
    application = json.loads((ROOT / "infra" / "entra" / "application.json").read_text())
    [administrator] = [role["id"] for role in application["appRoles"] if role["value"] == "Administrator"]

    subscription.deploy("prepare")
    [posted] = [each["arguments"] for each in subscription.calls if "POST" in each["arguments"]]
    subscription.answers = {"appRoleAssignedTo --query": "1"}
    subscription.deploy("prepare")

    assert json.loads(posted[posted.index("--body") + 1]) == {
        "principalId": "me",
        "resourceId": "principal",
        "appRoleId": administrator,
    }
    assert len([each for each in subscription.calls if "POST" in each["arguments"]]) == 1


def test_an_application_that_was_registered_by_somebody_else_is_taken_as_it_is(
    subscription: Subscription,
) -> None:
    found = subscription.deploy("prepare", ENTRA_CLIENT_ID="theirs").stdout

    assert "ENTRA_CLIENT_ID=theirs" in found
    assert [each for each in subscription.commands if each.startswith("rest")] == []


def test_without_the_right_to_register_applications_it_says_what_an_administrator_has_to_run(
    subscription: Subscription,
) -> None:
    subscription.refuses = ["rest --method PATCH"]

    done = subscription.deploy("prepare")

    assert done.returncode == 1
    wanted = "az login && AZURE_ENV_NAME=test AZURE_PRINCIPAL_ID=me scripts/deploy application"
    assert wanted in done.stderr


def test_the_key_of_the_ledgers_is_random_and_leaves_no_file(subscription: Subscription) -> None:
    for _ in range(2):
        assert subscription.deploy("secrets").returncode == 0

    made = [each for each in subscription.calls if "secret set" in " ".join(each["arguments"])]
    keys = [each["file"] for each in made]

    assert all(re.fullmatch(r"[0-9a-f]{64}", key) for key in keys)
    assert keys[0] != keys[1]
    assert not any(key in " ".join(each["arguments"]) for key in keys for each in made)
    assert list((subscription.folder / "tmp").iterdir()) == []


def test_a_key_that_is_there_is_left_alone(subscription: Subscription) -> None:
    subscription.answers = {"keyvault secret list": "1"}

    done = subscription.deploy("secrets")

    assert done.returncode == 0
    assert "keyvault secret set" not in subscription.commands


def test_a_vault_that_does_not_answer_is_no_vault_without_a_key(subscription: Subscription) -> None:
    subscription.refuses = ["keyvault secret list"]

    done = subscription.deploy("secrets")

    assert done.returncode == 1
    assert "the vault kv-test does not answer" in done.stderr
    assert "keyvault secret set" not in subscription.commands


def test_an_app_that_believes_a_forged_principal_fails_the_smoke_test(folder: Path) -> None:
    with serving(Gullible) as url:
        done = Subscription(folder=folder, url=url).deploy("smoke")

    assert done.returncode == 1
    assert "a forged X-MS-CLIENT-PRINCIPAL gets 200, not 401" in done.stderr


def test_an_app_that_refuses_everybody_fails_the_smoke_test(subscription: Subscription) -> None:
    subscription.answers = {"account get-access-token": "a-token-that-is-bad"}

    done = subscription.deploy("smoke")

    assert done.returncode == 1
    assert "with a sign-in" in done.stderr
    assert "answers 401" in done.stderr


@pytest.mark.parametrize("authentication", ["entra", "function_key"])
def test_the_sign_in_is_on_no_command_line(subscription: Subscription, authentication: str) -> None:
    done = subscription.deploy("smoke", AUTHENTICATION=authentication)

    assert done.returncode == 0, done.stderr
    shown = (subscription.folder / "curl.log").read_text()
    assert "X-MS-CLIENT-PRINCIPAL" in shown
    assert TOKEN not in shown


def test_outputs_that_azd_has_in_the_environment_are_not_asked_for(subscription: Subscription) -> None:
    done = subscription.deploy("secrets", AZURE_KEY_VAULT_NAME="kv-azd", LEDGER_SECRET_NAME="ledger")

    assert done.returncode == 0
    assert subscription.commands == ["keyvault secret list", "keyvault secret set"]


def test_a_step_that_there_is_not_is_said(subscription: Subscription) -> None:
    done = subscription.deploy("everything")

    assert done.returncode == 1
    assert "there is no step everything" in done.stderr
