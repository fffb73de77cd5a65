"""The function app: the plan it runs on, who may call it, and how code gets there."""

import json
from typing import Any, get_args

import pytest

from shared.access.caller import Role
from tests.infra.conftest import Deploy
from tests.infra.template import Deployment, members
from tools.local import ROOT

# Azure Functions documentation, Flex Consumption: properties that the plan refuses.
REFUSED = {
    "alwaysOn",
    "containerSize",
    "ftpsState",
    "isReserved",
    "isXenon",
    "linuxFxVersion",
    "windowsFxVersion",
    "functionAppScaleLimit",
    "preWarmedInstanceCount",
    "use32BitWorkerProcess",
    "vnetRouteAllEnabled",
    "vnetContentShareEnabled",
    "vnetImagePullEnabled",
    "vnetBackupRestoreEnabled",
}


def site(deployment: Deployment) -> dict[str, Any]:
    properties: dict[str, Any] = deployment.one("Microsoft.Web/sites")["properties"]
    return properties


def sign_in(deployment: Deployment) -> dict[str, Any]:
    [found] = [
        each for each in deployment.of("Microsoft.Web/sites/config") if "authsettingsV2" in each["name"]
    ]
    properties: dict[str, Any] = found["properties"]
    return properties


def test_the_plan_is_flex_consumption_with_the_python_of_this_project(deployment: Deployment) -> None:
    config = site(deployment)["functionAppConfig"]
    wanted = (ROOT / ".python-version").read_text().strip()

    assert deployment.one("Microsoft.Web/serverfarms")["sku"] == {"tier": "FlexConsumption", "name": "FC1"}
    assert config["runtime"] == {"name": "python", "version": wanted}


def test_no_property_is_one_that_flex_consumption_refuses(deployment: Deployment) -> None:
    names = {name for name, _ in members(deployment.one("Microsoft.Web/sites"))}

    assert names & REFUSED == set()


def test_instances_are_ten_at_most_unless_a_parameter_says_otherwise(
    deployments: dict[str, Deployment],
) -> None:
    scale = {
        name: site(each)["functionAppConfig"]["scaleAndConcurrency"] for name, each in deployments.items()
    }

    assert scale["public"] == {"instanceMemoryMB": 2048, "maximumInstanceCount": 10}
    assert scale["existing-segments"] == {"instanceMemoryMB": 512, "maximumInstanceCount": 2}


def test_the_app_speaks_tls_only_and_has_one_identity(deployment: Deployment) -> None:
    app = deployment.one("Microsoft.Web/sites")

    assert app["properties"]["httpsOnly"] is True
    assert app["properties"]["siteConfig"]["minTlsVersion"] == "1.2"
    assert app["properties"]["siteConfig"]["scmMinTlsVersion"] == "1.2"
    assert app["identity"]["type"] == "UserAssigned"
    assert len(app["identity"]["userAssignedIdentities"]) == 1


def test_nobody_deploys_code_with_a_password(deployment: Deployment) -> None:
    policies = deployment.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")

    assert {each["name"].rpartition("/")[2] for each in policies} == {"ftp", "scm"}
    assert {each["properties"]["allow"] for each in policies} == {False}


def test_azd_finds_the_app_by_its_service(deployment: Deployment) -> None:
    assert deployment.one("Microsoft.Web/sites")["tags"]["azd-service-name"] == "api"
    assert "\n  api:\n" in (ROOT / "azure.yaml").read_text()


def test_a_request_without_a_sign_in_gets_no_further_than_the_platform(
    deployments: dict[str, Deployment],
) -> None:
    for variant in ("public", "private"):
        settings = sign_in(deployments[variant])
        assert deployments[variant].settings["AUTHENTICATION"] == "entra"
        assert settings["platform"] == {"enabled": True}
        assert settings["globalValidation"] == {
            "requireAuthentication": True,
            "unauthenticatedClientAction": "Return401",
        }
        assert settings["httpSettings"] == {"requireHttps": True}


def test_tokens_are_taken_for_this_application_only_and_without_its_secret(
    deployments: dict[str, Deployment],
) -> None:
    client = "00000000-0000-0000-0000-00000000c11e"

    entra = sign_in(deployments["public"])["identityProviders"]["azureActiveDirectory"]

    assert entra["registration"]["clientId"] == client
    assert set(entra["registration"]) == {"clientId", "openIdIssuer"}
    assert entra["validation"]["allowedAudiences"] == [client, f"api://{client}"]
    assert client in entra["validation"]["defaultAuthorizationPolicy"]["allowedApplications"]


def test_with_function_keys_the_platform_stays_out_and_no_principal_is_believed(
    deployments: dict[str, Deployment],
) -> None:
    existing = deployments["existing-segments"]

    assert existing.settings["AUTHENTICATION"] == "function_key"
    assert sign_in(existing)["platform"] == {"enabled": False}


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ((), "Set entraClientId to the Entra application of this deployment"),
        (
            ("param authentication = 'function_key'", "param segmentsAccountName = 'contoso'"),
            "Set segmentsResourceGroup to where contoso lies",
        ),
    ],
)
def test_what_is_missing_is_said_before_anything_is_deployed(
    deploy: Deploy, parameters: tuple[str, ...], complaint: str
) -> None:
    refused = deploy("param environmentName = 'a'", "param location = 'b'", *parameters)

    assert complaint in refused.said + refused.output


def test_the_application_has_the_roles_that_the_code_knows() -> None:
    application = json.loads((ROOT / "infra" / "entra" / "application.json").read_text())

    roles = application["appRoles"]

    assert {role["value"] for role in roles} == set(get_args(Role))
    assert {tuple(role["allowedMemberTypes"]) for role in roles} == {("User", "Application")}
    assert len({role["id"] for role in roles}) == len(roles)


def test_vault_and_state_can_be_locked(deployments: dict[str, Deployment]) -> None:
    locks = deployments["private"].of("Microsoft.Authorization/locks")

    assert {each["properties"]["level"] for each in locks} == {"CanNotDelete"}
    assert len(locks) == 2
    assert deployments["public"].of("Microsoft.Authorization/locks") == []
