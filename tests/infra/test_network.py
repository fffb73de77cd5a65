"""The private variant has no door to the internet; the public one has sign-in in front."""

import re

from tests.infra.template import Deployment, members

DOORS = {
    "Microsoft.Storage/storageAccounts",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Web/sites",
    "Microsoft.Insights/components",
    "Microsoft.OperationalInsights/workspaces",
}
REACHED = {
    "pe-host-blob",
    "pe-host-table",
    "pe-state-blob",
    "pe-state-queue",
    "pe-segments-blob",
    "pe-vault",
    "pe-app",
    "pe-monitor",
}


def access(deployment: Deployment) -> dict[str, set[str]]:
    """What each resource that has a door says about it."""
    said: dict[str, set[str]] = {}
    for each in deployment.resources:
        if each["type"] in DOORS:
            found = {value for name, value in members(each) if name.startswith("publicNetworkAccess")}
            said[each["name"]] = found
    return said


def test_the_private_variant_leaves_no_door_open(deployments: dict[str, Deployment]) -> None:
    doors = access(deployments["private"])

    assert len(doors) == 7
    assert {name: said for name, said in doors.items() if said != {"Disabled"}} == {}


def test_firewalls_of_the_private_variant_refuse_by_default(deployments: dict[str, Deployment]) -> None:
    rules = [value for name, value in members(deployments["private"].resources) if name == "networkAcls"]

    assert len(rules) == 4
    assert {each["defaultAction"] for each in rules} == {"Deny"}


def test_telemetry_of_the_private_variant_stays_in_its_network(deployments: dict[str, Deployment]) -> None:
    private = deployments["private"]

    modes = private.one("Microsoft.Insights/privateLinkScopes")["properties"]["accessModeSettings"]
    linked = {
        each["properties"]["linkedResourceId"].rpartition("/")[2]
        for each in private.of("Microsoft.Insights/privateLinkScopes/scopedResources")
    }

    assert modes == {"ingestionAccessMode": "PrivateOnly", "queryAccessMode": "PrivateOnly"}
    assert linked == {"appi-segexp-private", "log-segexp-private"}


def test_everything_that_is_closed_has_a_private_endpoint_with_a_name(
    deployments: dict[str, Deployment],
) -> None:
    private = deployments["private"]

    endpoints = private.of("Microsoft.Network/privateEndpoints")
    reached = {
        each["properties"]["privateLinkServiceConnections"][0]["properties"]["privateLinkServiceId"]
        for each in endpoints
    }
    groups = private.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")

    assert {each["name"] for each in endpoints} == REACHED
    assert all(
        any(name in each for each in reached)
        for name in access(private)
        if "appi" not in name and "log" not in name
    )
    assert {each["name"].partition("/")[0] for each in groups} == REACHED
    assert all(each["properties"]["privateDnsZoneConfigs"] for each in groups)


def test_the_only_public_address_is_the_one_to_go_out_from(deployments: dict[str, Deployment]) -> None:
    private = deployments["private"]

    address = private.one("Microsoft.Network/publicIPAddresses")
    gateway = private.one("Microsoft.Network/natGateways")
    users = [
        each["name"]
        for each in private.resources
        if any(name == "id" and value == address["id"] for name, value in members(each.get("properties", {})))
    ]

    assert users == [gateway["name"]]


def test_the_app_goes_out_through_a_subnet_of_its_own(deployments: dict[str, Deployment]) -> None:
    private = deployments["private"]
    subnets = private.one("Microsoft.Network/virtualNetworks")["properties"]["subnets"]
    app, endpoints = (each["properties"] for each in subnets)

    assert [each["name"] for each in subnets] == ["app", "endpoints"]
    assert [each["properties"]["serviceName"] for each in app["delegations"]] == [
        "Microsoft.App/environments"
    ]
    assert "natGateway" in app
    assert "delegations" not in endpoints
    assert all("networkSecurityGroup" in each for each in (app, endpoints))
    assert private.one("Microsoft.Web/sites")["properties"]["virtualNetworkSubnetId"].endswith("/subnets/app")


def test_a_public_deployment_pays_for_no_network(deployments: dict[str, Deployment]) -> None:
    for variant in ("public", "existing-segments"):
        kinds = {each["type"] for each in deployments[variant].resources}
        assert {kind for kind in kinds if kind.startswith("Microsoft.Network/")} == set()
        assert set().union(*access(deployments[variant]).values()) == {"Enabled"}


def test_the_zones_are_those_of_the_cloud_that_is_deployed_to(deployments: dict[str, Deployment]) -> None:
    zones = [each["name"] for each in deployments["private"].of("Microsoft.Network/privateDnsZones")]

    assert len(zones) == 9
    assert [zone for zone in zones if re.search(r"core\.windows\.net|vault\.azure\.net", zone)] == []
