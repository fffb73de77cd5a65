"""Every command of the Azure CLI in scripts and documents, against the real CLI's own parser."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.infra.commands import documented, in_workflow
from tests.infra.left_out import need
from tests.infra.subscription import Subscription
from tools.local import ROOT

AZURE_CLI = "azure-cli==2.91.0"
UV = ROOT / ".local" / "uv" / "bin" / "uv"


@pytest.fixture(scope="session")
def insisted() -> None:
    """The CLI is large, so it is installed only where that is asked for."""
    if not os.environ.get("REQUIRE_AZURE_CLI"):
        need("the Azure CLI is installed only where that is asked for", insist="REQUIRE_AZURE_CLI")


def complaints(commands: list[list[str]]) -> list[str]:
    """What the real parser has against them, in an environment of its own."""
    checker = Path(__file__).with_name("azure_cli.py")
    done = subprocess.run(
        [UV, "run", "--quiet", "--no-project", "--with", AZURE_CLI, "python", "-W", "ignore", checker],
        input=json.dumps(commands),
        env={**os.environ, "UV_SYSTEM_CERTS": "1", "UV_PYTHON": str(ROOT / ".venv" / "bin" / "python")},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.usefixtures("insisted")
def test_the_azure_cli_understands_every_command_that_is_given_or_documented(
    subscription: Subscription,
) -> None:
    subscription.deploy("--yes", PRIVATE_NETWORK="true")
    subscription.deploy("what-if", "smoke", AUTHENTICATION="function_key")
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    commands = [call["arguments"] for call in subscription.calls]
    commands += [command for page in pages for command in documented(page)]
    commands += in_workflow(ROOT / ".github" / "workflows" / "deploy.yml")
    no_commands = [["keyvault", "secret", "show", "--vault-nam"], ["deployment", "sub", "whatif"]]

    found = complaints(commands + no_commands)

    assert len({" ".join(command[:3]) for command in commands}) > 15
    assert [each.partition(":")[0] for each in found] == [f"az {' '.join(each)}" for each in no_commands], (
        found
    )


def test_commands_are_found_in_documents(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    example = 'id=$(az ad sp list \\\n  --query "[0].id" -o tsv)\naz group list -n $RG | head # x\n'
    page.write_text(f"Text az not.\n```sh\n{example}```\n")

    assert documented(page) == [
        ["ad", "sp", "list", "--query", "[0].id", "-o", "tsv"],
        ["group", "list", "-n", "x"],
    ]
