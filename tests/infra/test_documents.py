"""What documents and workflow say of a deployment is what the templates do."""

import re

import pytest

from tests.infra.compiler import INFRA
from tests.infra.template import Json
from tools.local import ROOT

WORKFLOW = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
DEPLOYING = (ROOT / "docs" / "deploying.md").read_text()
SECURITY = (ROOT / "docs" / "security.md").read_text()
PARAMETERS = (INFRA / "main.bicepparam").read_text()
READ = dict(re.findall(r"param (\w+) = .*?readEnvironmentVariable\(\s*'(\w+)'", PARAMETERS, re.DOTALL))


def jobs() -> dict[str, str]:
    """Each job of the workflow, by its name."""
    text = WORKFLOW.partition("\njobs:\n")[2]
    parts = re.split(r"^  ([\w-]+):\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_value_of_a_deployment_is_documented() -> None:
    table = DEPLOYING.partition("## Values")[2].partition("\n## ")[0]

    assert set(READ.values()) == set(
        re.findall(r"`([A-Z_]{5,})`", "".join(re.findall(r"^\| .*? \|", table, re.M)))
    )


def test_the_workflow_sets_values_that_there_are() -> None:
    variables = set(re.findall(r"^  ([A-Z_]+):", WORKFLOW, re.MULTILINE))

    assert variables <= set(READ.values())
    assert {"AZURE_ENV_NAME", "ENTRA_CLIENT_ID", "BUDGET_START"} <= variables


def test_the_workflow_checks_then_shows_or_deploys_then_tests() -> None:
    steps = jobs()

    assert list(steps) == ["check", "what-if", "infrastructure", "code"]
    assert "needs: check\n" in steps["what-if"]
    assert "needs: check\n" in steps["infrastructure"]
    assert "needs: infrastructure\n" in steps["code"]
    assert steps["code"].index("scripts/deploy code") < steps["code"].index("scripts/deploy smoke")


def test_a_pull_request_deploys_nothing() -> None:
    steps = jobs()

    assert "if: github.event_name != 'pull_request'" in steps["infrastructure"]
    assert "environment: plan" in steps["what-if"]
    assert re.findall(r"run: .*deploy.*|scripts/deploy .*", steps["what-if"]) == ["scripts/deploy what-if"]


def test_the_workflow_stores_no_secret_and_only_what_signs_in_gets_a_token() -> None:
    signing_in = {name for name, text in jobs().items() if "azure/login" in text}

    assert "secrets." not in WORKFLOW
    assert signing_in == {name for name, text in jobs().items() if "id-token: write" in text}
    assert signing_in == {"what-if", "infrastructure", "code"}


@pytest.mark.parametrize(
    ("variable", "parameter"),
    [
        ("SEGMENT_RETENTION_DAYS", "segmentRetentionDays"),
        ("RUN_RETENTION_DAYS", "runRetentionDays"),
        ("AUDIT_RETENTION_DAYS", "auditRetentionDays"),
        ("LOG_RETENTION_DAYS", "logRetentionDays"),
        ("VAULT_RETENTION_DAYS", "vaultRetentionDays"),
    ],
)
def test_the_days_that_are_promised_are_those_of_the_template(
    template: Json, variable: str, parameter: str
) -> None:
    promised = re.findall(rf"`{variable}` \((\d+)\)", SECURITY)

    assert set(promised) == {str(template["parameters"][parameter]["defaultValue"])}


def test_the_page_on_security_names_every_role_of_the_table() -> None:
    table = (INFRA / "role-table.bicep").read_text()

    roles = set(re.findall(r"role: '(.+)'", table))

    assert len(roles) == 8
    assert [role for role in roles if role not in SECURITY] == []
