"""Checks that need a program which not every machine has: left out, and said so, or insisted on."""

import os
from collections import Counter
from typing import Any

import pytest

PREFIX = "left out: "


def need(what_is_so: str, *, insist: str) -> None:
    """Skips what needs a program, saying why it is not used; fails where the variable `insist` is set."""
    if os.environ.get(insist):
        pytest.fail(f"{what_is_so}, and {insist} is set", pytrace=False)
    # The Bicep compiler, the Azure CLI and Checkov come from outside the lock file; CI insists on the first.
    pytest.skip(f"{PREFIX}{what_is_so} ({insist}=1 insists on it)")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says in the closing lines what was left out. For tests/conftest.py to import."""
    left: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        if PREFIX in reason:
            left[f"{report.nodeid.partition('::')[0]}: {reason.partition(PREFIX)[2]}"] += 1
    if left:
        terminalreporter.section("checks that were left out")
    for reason, count in sorted(left.items()):
        terminalreporter.line(f"{count} in {reason}")
