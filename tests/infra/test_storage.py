"""Accounts without keys, containers and queues of the names that the code uses, and how long things stay."""

import re
from dataclasses import dataclass

from shared.settings import Settings
from tests.infra.template import Deployment, Json, members
from tools.local import ROOT

ACCOUNTS = "Microsoft.Storage/storageAccounts"
RUN = "0000000000-abc"


@dataclass(frozen=True, slots=True)
class Rule:
    """A lifecycle rule: blobs whose names, with their container, begin with one of `prefixes`."""

    prefixes: tuple[str, ...]
    days: int

    def deletes(self, container: str, blob: str) -> bool:
        return f"{container}/{blob}".startswith(self.prefixes)


def account(deployment: Deployment, part: str) -> Json:
    [found] = [each for each in deployment.of(ACCOUNTS) if each["name"].startswith(part)]
    return found


def rules(deployment: Deployment, part: str) -> list[Rule]:
    [policy] = [
        each for each in deployment.of(f"{ACCOUNTS}/managementPolicies") if each["name"].startswith(part)
    ]
    definitions = [rule["definition"] for rule in policy["properties"]["policy"]["rules"]]
    return [
        Rule(
            prefixes=tuple(each["filters"]["prefixMatch"]),
            days=each["actions"]["baseBlob"]["delete"]["daysAfterModificationGreaterThan"],
        )
        for each in definitions
        if set(each["filters"]["blobTypes"]) == {"blockBlob", "appendBlob"}
    ]


def documented_blobs() -> list[str]:
    """The names of blobs in the state container, as docs/operating.md lists them, made concrete."""
    page = (ROOT / "docs" / "operating.md").read_text()
    block = page.partition("## What lies where")[2].partition("```")[2].partition("```")[0]
    names = [line.split()[0] for line in block.splitlines() if line.strip()]
    return [re.sub(r"\{\w+\}", RUN, name) for name in names]


def test_no_account_has_a_key_or_answers_without_a_sign_in(deployment: Deployment) -> None:
    accounts = [each["properties"] for each in deployment.of(ACCOUNTS)]

    assert len(accounts) >= 2
    for each in accounts:
        assert each["allowSharedKeyAccess"] is False
        assert each["allowBlobPublicAccess"] is False
        assert each["defaultToOAuthAuthentication"] is True
        assert each["allowCrossTenantReplication"] is False
        assert each["minimumTlsVersion"] == "TLS1_2"
        assert each["supportsHttpsTrafficOnly"] is True


def test_no_container_is_public(deployment: Deployment) -> None:
    containers = deployment.of(f"{ACCOUNTS}/blobServices/containers")

    assert len(containers) >= 3
    assert {each["properties"]["publicAccess"] for each in containers} == {"None"}


def test_containers_and_queues_have_the_names_that_the_code_uses(deployment: Deployment) -> None:
    settings = Settings.from_env(deployment.settings)
    ours = account(deployment, "ststate")["name"]

    blobs = [each["name"] for each in deployment.of(f"{ACCOUNTS}/blobServices/containers")]
    queues = {each["name"] for each in deployment.of(f"{ACCOUNTS}/queueServices/queues")}

    assert f"{ours}/default/{settings.state_container}" in blobs
    assert f"{ours}/default/{settings.audit_container}" in blobs
    assert queues == {f"{ours}/default/{settings.jobs_queue}", f"{ours}/default/{settings.jobs_queue}-poison"}
    assert ours in str(settings.state_storage.blob_service)
    assert ours in str(settings.state_storage.queue_service)


def test_the_poison_queue_is_the_one_that_the_functions_listen_to() -> None:
    text = (ROOT / "tests" / "integration" / "functions.json").read_text()

    assert set(re.findall(r'%JOBS_QUEUE%[^"\\]*', text)) == {"%JOBS_QUEUE%", "%JOBS_QUEUE%-poison"}


def test_a_new_account_takes_the_segments_where_none_is_named(deployments: dict[str, Deployment]) -> None:
    public, existing = deployments["public"], deployments["existing-segments"]

    landing = account(public, "stland")["name"]

    assert landing in public.settings["SegmentStorage__blobServiceUri"]
    assert "segments" in public.names(f"{ACCOUNTS}/blobServices/containers")
    assert "contosoinsights" in existing.settings["SegmentStorage__blobServiceUri"]
    assert existing.settings["SEGMENTS_CONTAINER"] == "exports"
    assert len(existing.of(ACCOUNTS)) == 2


def test_customer_insights_can_write_to_the_new_account(deployments: dict[str, Deployment]) -> None:
    [blobs] = [
        each
        for each in deployments["public"].of(f"{ACCOUNTS}/blobServices")
        if each["name"].startswith("stland")
    ]

    assert blobs["properties"]["deleteRetentionPolicy"] == {"enabled": False}


def test_what_the_app_deletes_is_gone(deployment: Deployment) -> None:
    [blobs] = [
        each for each in deployment.of(f"{ACCOUNTS}/blobServices") if each["name"].startswith("ststate")
    ]

    assert blobs["properties"]["deleteRetentionPolicy"] == {"enabled": False}
    assert blobs["properties"]["isVersioningEnabled"] is False


def test_everything_of_a_run_is_deleted_after_the_stated_days(deployment: Deployment) -> None:
    container = deployment.settings["STATE_CONTAINER"]
    [rule] = rules(deployment, "ststate")

    of_runs = [name for name in documented_blobs() if name.startswith("runs/")]

    assert rule.days == 30
    assert {f"runs/{RUN}/chunks", f"runs/{RUN}/rejected.csv", f"runs/{RUN}/rejections.csv"} <= set(of_runs)
    assert [name for name in of_runs if not rule.deletes(container, name)] == []


def test_the_code_keeps_runs_where_the_rule_looks() -> None:
    text = "".join(each.read_text() for each in (ROOT / "shared").rglob("*.py"))

    named = set(re.findall(r'f"(\w+/)\{run\}/(?:chunks|rejected\.csv|rejections\.csv)', text))

    assert named == {"runs/"}


def test_nothing_that_must_stay_is_deleted(deployment: Deployment) -> None:
    container = deployment.settings["STATE_CONTAINER"]
    [rule] = rules(deployment, "ststate")

    kept = [name for name in documented_blobs() if not name.startswith("runs/")]

    assert f"ledger/{RUN}" in kept
    assert f"connections/{RUN}.json" in kept
    assert [name for name in kept if rule.deletes(container, name)] == []
    assert not rule.deletes(deployment.settings["AUDIT_CONTAINER"], "2026-01-15.ndjson")


def test_a_run_that_waits_for_approval_outlives_its_three_days(template: Json) -> None:
    assert template["parameters"]["runRetentionDays"]["minValue"] > 3


def test_segments_are_deleted_from_the_new_account_only(deployments: dict[str, Deployment]) -> None:
    [rule] = rules(deployments["public"], "stland")

    policies = deployments["existing-segments"].of(f"{ACCOUNTS}/managementPolicies")

    assert rule.days == 14
    assert rule.deletes("segments", "CustomerInsights_x/Export/Vip/2026/01/15/0640/Vip_1.csv")
    assert len(policies) == 1


def test_the_audit_log_can_be_added_to_but_not_changed(deployment: Deployment) -> None:
    policy = deployment.one(f"{ACCOUNTS}/blobServices/containers/immutabilityPolicies")

    assert policy["name"].split("/")[2] == deployment.settings["AUDIT_CONTAINER"]
    assert policy["properties"] == {
        "immutabilityPeriodSinceCreationInDays": 365,
        "allowProtectedAppendWrites": True,
    }


def test_the_package_lies_in_a_container_that_there_is(deployment: Deployment) -> None:
    storage = deployment.one("Microsoft.Web/sites")["properties"]["functionAppConfig"]["deployment"][
        "storage"
    ]
    host = account(deployment, "sthost")["name"]

    assert host in storage["value"]
    assert "app-package" in storage["value"]
    assert f"{host}/default/app-package" in [
        each["name"] for each in deployment.of(f"{ACCOUNTS}/blobServices/containers")
    ]
    assert storage["authentication"]["type"] == "UserAssignedIdentity"


def test_the_vault_opens_by_roles_only_and_cannot_be_purged(deployment: Deployment) -> None:
    vault = deployment.one("Microsoft.KeyVault/vaults")["properties"]

    assert vault["enableRbacAuthorization"] is True
    assert vault["enablePurgeProtection"] is True
    assert vault["enableSoftDelete"] is True
    assert "accessPolicies" not in vault
    assert (
        deployment.settings["KEY_VAULT_URI"].count(deployment.one("Microsoft.KeyVault/vaults")["name"]) == 1
    )


def test_no_secret_is_written_by_a_template(deployment: Deployment) -> None:
    assert deployment.of("Microsoft.KeyVault/vaults/secrets") == []
    assert [name for name, _ in members(deployment.resources) if name.lower() == "connectionstrings"] == []


def test_telemetry_is_taken_from_identities_only(deployment: Deployment) -> None:
    component = deployment.one("Microsoft.Insights/components")["properties"]
    workspace = deployment.one("Microsoft.OperationalInsights/workspaces")["properties"]

    assert component["DisableLocalAuth"] is True
    assert workspace["features"]["disableLocalAuth"] is True
