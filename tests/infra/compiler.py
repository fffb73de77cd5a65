"""Microsoft's Bicep compiler, where this machine has one."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """Runs the compiler. A warning leaves its status at 0, so look at what it said."""

    program: Path

    def build(self, source: Path) -> Outcome:
        """The ARM template of a Bicep file, as JSON text."""
        return self._run("build", str(source), "--stdout")

    def lint(self) -> Outcome:
        """What the linter says about every file of `infra`."""
        return self._run("lint", "--pattern", "**/*.bicep")

    def build_parameters(self, source: Path, environment: Mapping[str, str]) -> Outcome:
        """The values of a parameter file, as JSON text."""
        return self._run("build-params", str(source), "--stdout", environment=environment)

    def snapshot(
        self, parameters: Path, environment: Mapping[str, str] | None = None, *, name: str = "test"
    ) -> Outcome:
        """Every resource that the parameter file would deploy, as JSON text.

        The compiler writes it beside the parameter file, so that has to lie in a folder of the test's own.
        """
        where = ("--subscription-id", SUBSCRIPTION, "--location", "westeurope", "--deployment-name", name)
        outcome = self._run("snapshot", str(parameters), *where, environment=environment)
        written = parameters.with_suffix(".snapshot.json")
        text = written.read_text() if written.exists() else ""
        return Outcome(status=outcome.status, output=text, said=outcome.said)

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


def parsed(outcome: Outcome) -> Any:
    """The JSON of a run that went well. Raises AssertionError with what the compiler said."""
    assert outcome.status == 0, outcome.said
    return json.loads(outcome.output)
