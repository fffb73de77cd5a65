"""What it costs: the document shows what is reckoned, and what is reckoned is in proportion."""

import subprocess
import sys

import pytest

from shared.activecampaign.wire import MAX_CONTACTS
from shared.settings import Settings
from tools.cost import inputs
from tools.cost.bill import Month, full, incremental
from tools.cost.inputs import CORES, INPUTS
from tools.cost.report import report
from tools.local import ROOT

SIZES = tuple(CORES)
MILLION = 1_000_000


def printed() -> str:
    return subprocess.run(
        [sys.executable, "-m", "tools.cost"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_the_document_holds_exactly_what_is_printed() -> None:
    document = (ROOT / "docs" / "cost.md").read_text()

    figures = document.partition("## The figures\n\n")[2].partition("\n## ")[0]

    assert figures == printed()
    assert report() + "\n" == figures


def test_every_input_has_its_unit_and_its_source() -> None:
    rows = report().splitlines()

    assert all(each.unit and each.source for each in INPUTS)
    assert len({each.name for each in INPUTS}) == len(INPUTS)
    assert all(any(row.startswith(f"| {each.name} |") for row in rows) for each in INPUTS)


def test_what_is_measured_stands_in_the_document_that_it_is_taken_from() -> None:
    measured = (ROOT / "docs" / "performance.md").read_text()

    assert f"| plan, 29 mapped fields | {inputs.PLAN.value} s |" in measured
    assert f"| deliver at the documented limits | {inputs.DELIVER.value} min |" in measured
    assert f"confirmation tail {inputs.CONFIRM.value} min" in measured
    assert f"confirming and commit took {inputs.COMMIT.value:.0f} s more" in measured


def test_what_is_taken_from_the_app_is_what_the_app_does() -> None:
    storage = "UseDevelopmentStorage=true"
    settings = Settings.from_env(
        {"SegmentStorage": storage, "StateStorage": storage, "KEY_VAULT_URI": "https://vault.example"}
    )
    alerts = (ROOT / "infra" / "alert-table.bicep").read_text()

    assert settings.slice_seconds == inputs.SLICE.value
    assert inputs.A_REQUEST == MAX_CONTACTS
    assert alerts.count("    name: '") == inputs.ALERTS.value


@pytest.mark.parametrize("memory", SIZES)
def test_a_full_run_of_a_million_is_four_thousand_requests_within_the_limits(memory: int) -> None:
    work = full(MILLION, memory)

    assert work.requests == 4000
    assert work.delivering >= 40 * 60
    assert work.gb_seconds == pytest.approx(work.seconds * memory / 1024)


def test_four_times_the_cores_plan_four_times_as_fast_and_deliver_as_fast() -> None:
    small, usual = full(MILLION, 512), full(MILLION, 2048)

    assert small.planning == pytest.approx(4 * usual.planning)
    assert small.delivering == usual.delivering


def test_an_incremental_run_reads_everybody_and_sends_who_changed() -> None:
    everybody, changed = full(MILLION, 2048), incremental(MILLION, 2048)

    assert changed.planning == everybody.planning
    assert changed.requests == 80
    assert changed.price < everybody.price


def test_the_grant_is_taken_off_and_never_more_than_there_is() -> None:
    month, large = Month(memory=2048, profiles=MILLION), Month(memory=4096, profiles=10 * MILLION)

    assert month.gb_seconds < inputs.GRANT.value < large.gb_seconds
    assert month.functions(granted=True) == 0
    saved = large.functions(granted=False) - large.functions(granted=True)
    granted = inputs.GRANT.value * inputs.GB_SECOND.value
    executions = large.executions * inputs.EXECUTION.value / MILLION
    assert saved == pytest.approx(granted + executions)
