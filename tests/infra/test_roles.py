"""Every role assignment is a row of the table, at the smallest scope."""

import json
import re

import pytest

from tests.infra.template import Deployment, Json, templates

# Azure built-in roles, from Microsoft's list of them.
BUILT_IN = {
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
SCOPES = {
    "host": r"/storageAccounts/sthost\w+$",
    "state": r"/storageAccounts/ststate\w+/blobServices/default/containers/export-state$",
    "audit": r"/storageAccounts/ststate\w+/blobServices/default/containers/export-audit$",
    "jobs": r"/storageAccounts/ststate\w+/queueServices/default/queues/export-jobs$",
    "poison": r"/storageAccounts/ststate\w+/queueServices/default/queues/export-jobs-poison$",
    "vault": r"/vaults/kv-\w+$",
    "telemetry": r"/components/appi-[\w-]+$",
    "segments": r"/storageAccounts/\w+/blobServices/default/containers/(segments|exports)$",
}
HOLDERS = {
    "public": {"app", "operator", "writer"},
    "private": {"app", "operator", "writer"},
    "existing-segments": {"app", "typist"},
}
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


@pytest.fixture
def table(template: Json) -> list[Json]:
    """The rows of role-table.bicep, which the compiler copies to where they are used."""
    copies = [
        each["variables"]["assignments"]
        for each in templates(template)
        if "variables" in each and "assignments" in each["variables"]
    ]
    assert all(each == copies[0] for each in copies)
    return list(copies[0])


def scope_of(assignment: Json) -> str:
    known = re.match(r"(/.*)/providers/Microsoft\.Authorization/", assignment["id"])
    unknown = re.match(r"\[extensionResourceId\('([^']+)'", assignment["id"])
    found = known or unknown
    assert found is not None
    return found[1]


def role_of(assignment: Json) -> str:
    return str(assignment["properties"]["roleDefinitionId"].rpartition("/")[2])


@pytest.mark.parametrize("variant", HOLDERS)
def test_exactly_the_rows_of_the_table_are_assigned(
    deployments: dict[str, Deployment], table: list[Json], variant: str
) -> None:
    assigned = deployments[variant].of(ASSIGNMENTS)

    wanted = [row for row in table if row["principal"] in HOLDERS[variant]]

    assert sorted((role_of(each), each["properties"]["description"]) for each in assigned) == sorted(
        (BUILT_IN[row["role"]], row["call"]) for row in wanted
    )


def test_each_role_is_assigned_at_the_scope_of_its_row(deployment: Deployment, table: list[Json]) -> None:
    scopes = {row["call"]: SCOPES[row["scope"]] for row in table}

    wrong = [
        each["id"]
        for each in deployment.of(ASSIGNMENTS)
        if not re.search(scopes[each["properties"]["description"]], scope_of(each))
    ]

    assert wrong == []


def test_each_row_says_which_call_needs_it(table: list[Json]) -> None:
    assert len({row["call"] for row in table}) == len(table)
    assert all(len(row["call"]) > 20 for row in table)


def test_the_app_may_not_write_segments_or_more_than_read_the_vault(table: list[Json]) -> None:
    roles = {(row["scope"], row["role"]) for row in table if row["principal"] == "app"}

    assert [role for scope, role in roles if scope == "segments"] == ["Storage Blob Data Reader"]
    assert [role for scope, role in roles if scope == "vault"] == ["Key Vault Secrets User"]


def test_the_app_may_store_typed_keys_only_where_that_is_asked_for(
    deployments: dict[str, Deployment],
) -> None:
    officers = {
        variant: [
            each["properties"]["principalId"]
            for each in deployed.of(ASSIGNMENTS)
            if role_of(each) == BUILT_IN["Key Vault Secrets Officer"]
        ]
        for variant, deployed in deployments.items()
    }

    assert officers["public"] == officers["private"] == ["00000000-0000-0000-0000-0000000000a1"]
    assert len(officers["existing-segments"]) == 1
    assert "id-segexp-existing" in officers["existing-segments"][0]


def test_an_existing_account_gets_its_role_in_its_own_resource_group(
    deployments: dict[str, Deployment],
) -> None:
    [reader] = [
        each
        for each in deployments["existing-segments"].of(ASSIGNMENTS)
        if role_of(each) == BUILT_IN["Storage Blob Data Reader"]
    ]

    assert "/resourceGroups/rg-customer-insights/" in scope_of(reader)
    assert scope_of(reader).endswith("/contosoinsights/blobServices/default/containers/exports")


def test_a_name_is_made_of_scope_principal_and_role(template: Json) -> None:
    text = json.dumps(template)
    names = re.findall(r'"type": "Microsoft\.Authorization/roleAssignments".*?"name": "(\[.*?\])"', text)

    pattern = (
        r"\[guid\(.+, parameters\('principals'\)\[.+\.principal\], variables\('roleIds'\)\[.+\.role\]\)\]"
    )
    assert len(names) == 8
    assert [name for name in names if not re.fullmatch(pattern, name)] == []


def test_every_assignment_says_what_kind_of_principal_it_is_for(deployment: Deployment) -> None:
    kinds = {each["properties"].get("principalType") for each in deployment.of(ASSIGNMENTS)}

    assert kinds <= {"ServicePrincipal", "User", "Group"}
