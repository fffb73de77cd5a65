"""How a run ends: in which state, and with which words."""

import re

from shared.errors import SegmentExportError
from shared.runs.run import Counts, Problem, Run, State


def final_state(run: Run, counts: Counts) -> State:
    """The state of a run that did all it could."""
    if run.dry_run and any(finding.holds for finding in run.findings):
        return "held"
    if counts.rejected or counts.refused or counts.failed or counts.unconfirmed:
        return "completed_with_warnings"
    return "successful"


def problem(error: SegmentExportError) -> Problem:
    """A stable code, made of the error's name, with its message."""
    name = type(error).__name__
    return Problem(code=re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(), message=str(error))
