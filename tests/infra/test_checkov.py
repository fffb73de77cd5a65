"""Checkov over what is deployed; every exception has its reason here."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.infra.left_out import need
from tests.infra.template import Deployment
from tools.local import ROOT

CHECKOV = "checkov==3.3.30"
UV = ROOT / ".local" / "uv" / "bin" / "uv"
SITE, SIGN_IN = "Microsoft.Web/sites", "Microsoft.Web/sites/config"
EXCEPTIONS = {
    ("CKV_AZURE_206", "Microsoft.Storage/storageAccounts"): (
        "wants copies in another region; personal data stays in the chosen one, in three zones if wanted"
    ),
    (
        "CKV_AZURE_78",
        SITE,
    ): "Flex Consumption refuses ftpsState; there is no FTP, and publishing with passwords is off",
    ("CKV_AZURE_17", SITE): "callers show an Entra token, not a certificate",
    (
        "CKV_AZURE_212",
        SITE,
    ): "instances come with work and go with it; a run goes on where a stopped one ended",
    ("CKV_AZURE_213", SITE): "Flex Consumption has no health check; the alert `silent` does that",
    (
        "CKV_AZURE_13",
        SIGN_IN,
    ): "looks for the first version of these settings; this is the second, and tested here",
    (
        "CKV_AZURE_63",
        SIGN_IN,
    ): "takes the sign-in's settings for the site's; requests are logged by telemetry",
    ("CKV_AZURE_65", SIGN_IN): "the same",
    ("CKV_AZURE_66", SIGN_IN): "the same",
    ("CKV_AZURE_80", SIGN_IN): "the same; there is no .NET here",
    ("CKV_AZURE_88", SIGN_IN): "the same; there are no files to share",
    ("CKV_AZURE_222", SIGN_IN): "the same; the site has its own word on it",
}
OPEN = "the public variant answers to the internet, with Entra ID in front; privateNetwork closes it"
PUBLIC_EXCEPTIONS = {
    ("CKV_AZURE_59", "Microsoft.Storage/storageAccounts"): OPEN,
    ("CKV_AZURE_35", "Microsoft.Storage/storageAccounts"): OPEN,
    ("CKV_AZURE_109", "Microsoft.KeyVault/vaults"): OPEN,
    ("CKV_AZURE_189", "Microsoft.KeyVault/vaults"): OPEN,
    ("CKV_AZURE_222", SITE): OPEN,
    (
        "CKV_AZURE_225",
        "Microsoft.Web/serverfarms",
    ): "zoneRedundant is a parameter, as not every region has zones",
}
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def scan(deployment: Deployment, folder: Path) -> dict[str, Any]:
    """What Checkov finds. It looks into no nested template, so it gets the resources themselves."""
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": deployment.resources}
    (folder / "main.json").write_text(json.dumps(template))
    # Without --skip-download it waits for its vendor.
    options = ("--framework", "arm", "--output", "json", "--compact", "--quiet", "--skip-download")
    done = subprocess.run(
        [UV, "tool", "run", "--quiet", "--from", CHECKOV, "checkov", "--file", "main.json", *options],
        env={**os.environ, "UV_SYSTEM_CERTS": "1", "UV_PYTHON": str(ROOT / ".venv" / "bin" / "python")},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def insisted() -> None:
    """Checkov has a hundred dependencies, so it is installed only where that is asked for."""
    if not os.environ.get("REQUIRE_CHECKOV"):
        need("Checkov is installed only where that is asked for", insist="REQUIRE_CHECKOV")


@pytest.mark.usefixtures("insisted")
@pytest.mark.parametrize(
    ("variant", "exceptions"),
    [("public", {**EXCEPTIONS, **PUBLIC_EXCEPTIONS}), ("private", EXCEPTIONS)],
)
def test_checkov_finds_what_is_explained_and_nothing_else(
    deployments: dict[str, Deployment],
    variant: str,
    exceptions: dict[tuple[str, str], str],
    tmp_path: Path,
) -> None:
    report = scan(deployments[variant], tmp_path)

    # A resource is named by its type, which has one dot, another dot, and its name.
    failed = {
        (each["check_id"], ".".join(each["resource"].split(".")[:2]))
        for each in report["results"]["failed_checks"]
    }
    assert failed == set(exceptions)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 30
