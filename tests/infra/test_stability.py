"""A second deployment changes nothing, and two deployments never meet."""

import json

import pytest

from tests.infra.compiler import INFRA, Bicep, parsed
from tests.infra.conftest import VARIANTS, Deploy
from tests.infra.template import Deployment

WORLDWIDE = ("Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults", "Microsoft.Web/sites")
LONGEST = {
    "Microsoft.Storage/storageAccounts": 24,
    "Microsoft.KeyVault/vaults": 24,
    "Microsoft.Web/sites": 60,
}


def worldwide(deployment: Deployment) -> set[str]:
    return {each["name"] for kind in WORLDWIDE for each in deployment.of(kind)}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_second_deployment_changes_nothing(
    bicep: Bicep, deployments: dict[str, Deployment], variant: str
) -> None:
    again = parsed(bicep.snapshot(INFRA / "parameters" / f"{variant}.bicepparam", name="another-day"))

    assert again == deployments[variant].document


def test_names_that_are_worldwide_belong_to_one_deployment(deploy: Deploy) -> None:
    made = [
        worldwide(Deployment(json.loads(deploy(AZURE_ENV_NAME=name, AUTHENTICATION="function_key").output)))
        for name in ("dev", "prod")
    ]

    assert len(made[0]) == len(made[1]) == 5
    assert made[0] & made[1] == set()


def test_the_longest_name_of_a_deployment_makes_no_name_too_long(deploy: Deploy) -> None:
    longest = deploy(AZURE_ENV_NAME="sixteen-letters-", AUTHENTICATION="function_key")

    made = Deployment(json.loads(longest.output))

    names = [(kind, each["name"]) for kind in WORLDWIDE for each in made.of(kind)]
    assert [name for kind, name in names if len(name) > LONGEST[kind]] == []


def test_no_snapshot_has_anything_that_the_compiler_warns_of(deployment: Deployment) -> None:
    assert deployment.document.get("diagnostics", []) == []
