"""Microsoft's Bicep compiler, where this machine has one."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.server import Refused, Server
from tools.local import ROOT

INFRA = ROOT / "infra"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"


def find_bicep() -> Path | None:
    """The program that BICEP names, or `bicep` on PATH, or the one kept beside this checkout."""
    if named := os.environ.get("BICEP"):
        return Path(named)
    if found := shutil.which("bicep"):
        return Path(found)
    kept = ROOT.parent / "shared" / "tools" / "bicep" / "bicep"
    return kept if kept.exists() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the compiler did; `said` is all that it printed for people."""

    status: int
    output: str
    said: str


@dataclass(frozen=True, slots=True)
class Bicep:
    """Asks the compiler. A warning leaves its status at 0, so look at what it said."""

    program: Path
    server: Server

    def build(self, source: Path) -> Outcome:
        """The ARM template of a Bicep file, as JSON text."""
        return self._run("build", str(source), "--stdout")

    def lint(self) -> Outcome:
        """What the linter says about every file of `infra`."""
        return self._run("lint", "--pattern", "**/*.bicep")

    def build_parameters(self, folder: Path, environment: Mapping[str, str]) -> Outcome:
        """Writes the values of every parameter file below the folder beside it, as JSON."""
        pattern = f"{folder}/**/*.bicepparam"
        return self._run("build-params", "--pattern", pattern, environment=environment)

    def snapshot(self, parameters: Path, *, name: str = "test") -> Outcome:
        """Every resource that the parameter file would deploy, as JSON text, or why it would deploy none."""
        where = {"subscriptionId": SUBSCRIPTION, "location": "westeurope", "deploymentName": name}
        try:
            answer = self.server.ask("getSnapshot", path=str(parameters), metadata=where)
        except Refused as refused:
            # For parameters that do not compile it says no more than that.
            compiled = self.server.ask("compileParams", path=str(parameters), parameterOverrides={})
            return Outcome(status=1, output="", said=f"{refused}\n{_said(compiled)}")
        return Outcome(status=0, output=answer["snapshot"], said="")

    def _run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
        done = subprocess.run(
            [self.program, *arguments],
            cwd=INFRA,
            # Compiling what is run once costs more than it saves.
            env={**os.environ, "DOTNET_TieredPGO": "0", **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Outcome(status=done.returncode, output=done.stdout, said=done.stderr)


def _said(compiled: Mapping[str, Any]) -> str:
    """A line for each error and warning in an answer of the compiler's."""
    return "\n".join(
        f"{each['source']}: {each['level']} {each['code']}: {each['message']}"
        for each in compiled["diagnostics"]
    )


def parsed(outcome: Outcome) -> Any:
    """The JSON of a run that went well. Raises AssertionError with what the compiler said."""
    assert outcome.status == 0, outcome.said
    return json.loads(outcome.output)
