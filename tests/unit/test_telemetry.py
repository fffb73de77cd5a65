"""What is told of runs, and what is not."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from azure.keyvault.secrets.aio import SecretClient
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics.export import HistogramDataPoint

from shared import telemetry
from shared.activecampaign.instruments import STATUS, request_timed, template
from shared.activecampaign.pacing import Pacer
from shared.activecampaign.schedule import Limits
from shared.errors import RateLimited, Unavailable
from shared.keyvault import Vault
from shared.plans.processes import engines
from shared.runs.run import Counts, Finding, Problem, Run
from shared.schedules.overrun import takes_too_long
from tests.builders import NOW
from tests.telemetry import Told, listening
from tests.unit.plans.test_processes import results, setup, started
from tools.local import ROOT

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
AS_ON_AZURE = {
    "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "true",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=0;IngestionEndpoint=http://127.0.0.1:9/",
}


@pytest.fixture
def told() -> Iterator[Told]:
    with listening() as heard:
        yield heard


def run(**changes: Any) -> Run:
    usual: dict[str, Any] = {
        "id": "0run",
        "export": "vip",
        "export_name": "VIP",
        "connection": "main",
        "trigger": "refresh",
        "requested_by": "ann@example.com",
        "state": "successful",
        "queued_at": NOW,
        "started_at": NOW,
        "ended_at": NOW + 5 * MINUTE,
    }
    return Run(**usual | changes)


def finding(code: str, *, holds: bool = True) -> Finding:
    return Finding(code=code, message="the segments grew", holds=holds)


# what a run comes to


@given(counts=st.dictionaries(st.sampled_from(telemetry.OUTCOMES), st.integers(0, 10_000)))
def test_every_row_of_a_run_is_counted_once(counts: dict[str, int]) -> None:
    with listening() as told:
        telemetry.ended(run(counts=Counts(**counts)))

        by_outcome = told.sums("segment_export.profiles", "outcome")

        assert by_outcome == {outcome: count for outcome, count in counts.items() if count}


def test_a_run_that_ended_is_counted_and_measured_and_said(told: Told) -> None:
    telemetry.ended(run(counts=Counts(read=3, contacts=3, planned=3, imported=3)))

    (event,) = told.events("run ended")
    (minutes,) = told.points["segment_export.run.minutes"]
    assert told.sums("segment_export.runs", "state", "trigger") == {("successful", "refresh"): 1}
    assert told.sums("segment_export.profiles", "outcome", "export") == {("imported", "vip"): 3}
    assert isinstance(minutes, HistogramDataPoint)
    assert (minutes.count, minutes.sum) == (1, 5.0)
    assert (event["severity"], event["run"], event["export"]) == ("INFO", "0run", "vip")
    assert (event["state"], event["minutes"], event["imported"]) == ("successful", 5.0, 3)


def test_a_failed_run_is_a_warning_with_the_code_of_its_problem(told: Told) -> None:
    problem = Problem(code="access_denied", message="check the API key")

    telemetry.ended(run(state="failed", problem=problem))

    (event,) = told.events("run ended")
    assert (event["severity"], event["problem"]) == ("WARN", "access_denied")


def test_a_dry_run_is_a_run_and_moves_no_profile(told: Told) -> None:
    telemetry.ended(run(dry_run=True, counts=Counts(read=3, contacts=3, planned=3, unsent=3)))

    assert told.sums("segment_export.runs", "state") == {"successful": 1}
    assert told.sums("segment_export.profiles", "outcome") == {}


def test_a_run_that_never_began_has_no_minutes(told: Told) -> None:
    telemetry.ended(run(state="skipped", started_at=None))

    assert told.sums("segment_export.runs", "state") == {"skipped": 1}
    assert "segment_export.run.minutes" not in told.points
    assert "minutes" not in told.events("run ended")[0]


def test_who_started_and_who_canceled_a_run_is_not_told(told: Told) -> None:
    canceled = run(state="canceled", reason="canceled by bob@example.com")

    with telemetry.span("slice", canceled):
        telemetry.planned(canceled)
        telemetry.held(canceled)
        telemetry.ended(canceled)

    assert told.spans
    assert told.records
    assert "@example.com" not in told.everything()


# plans


@pytest.mark.parametrize(("read", "rejected", "share"), [(0, 0, 0.0), (200, 0, 0.0), (200, 50, 0.25)])
def test_the_share_of_rejected_rows_is_told_of_every_plan(
    told: Told, read: int, rejected: int, share: float
) -> None:
    telemetry.planned(run(counts=Counts(read=read, rejected=rejected)))

    (point,) = told.points["segment_export.rejected.share"]
    assert isinstance(point, HistogramDataPoint)
    assert (point.sum, point.attributes) == (share, {"export": "vip"})
    assert told.events("rejections above share") == []


def test_more_rejections_than_the_export_allows_are_said(told: Told) -> None:
    telemetry.planned(run(counts=Counts(read=200, rejected=50), findings=[finding("rejections")]))

    (event,) = told.events("rejections above share")
    assert (event["severity"], event["export"], event["share"]) == ("WARN", "vip", 0.25)


def test_a_held_run_says_which_guards_hold_it(told: Told) -> None:
    found = [finding("growth"), finding("allowance"), finding("empty", holds=False)]

    telemetry.held(run(state="held", findings=found))

    (event,) = told.events("run held")
    assert (event["severity"], event["findings"]) == ("WARN", "allowance,growth")


# spans


def test_the_steps_of_a_slice_are_its_children_and_all_name_the_run(told: Told) -> None:
    with telemetry.span("slice", run(state="planning", slice=2)), telemetry.span("plan", run(slice=2)):
        logging.getLogger("shared.anything").info("within")

    plan, slice_ = told.spans
    (record,) = told.records
    assert plan.parent
    assert slice_.context
    assert plan.parent.span_id == slice_.context.span_id
    assert slice_.attributes == {"run": "0run", "export": "vip", "slice": 2, "state": "planning"}
    assert plan.attributes
    assert plan.attributes["run"] == "0run"
    assert record.log_record.trace_id == slice_.context.trace_id


def test_of_an_error_a_span_tells_the_class_only(told: Told) -> None:
    with pytest.raises(ValueError, match="jane@example"), telemetry.span("plan", run()):
        raise ValueError("jane@example.com is wrong")

    (span,) = told.spans
    assert span.attributes
    assert span.attributes["error.type"] == "ValueError"
    assert not span.status.is_ok
    assert span.events == ()
    assert "jane" not in told.everything()


# requests


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RateLimited("slower", retry_after=1), "rate_limited"),
        (Unavailable("away"), "unavailable"),
        (Unavailable("lost", in_doubt=True), "answer_lost"),
    ],
)
def test_why_an_import_is_sent_again_is_counted(
    told: Told, error: RateLimited | Unavailable, reason: str
) -> None:
    telemetry.retried(error)
    telemetry.sent_again()

    assert told.sums("segment_export.retries", "reason") == {reason: 1, "batch_failed": 1}


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("import/bulk_import", "import/bulk_import"),
        ("import/info?batchId=6b1b4a1e-0a3f", "import/info"),
        ("lists/17", "lists/{id}"),
        ("contacts/42/contactLists?offset=100", "contacts/{id}/contactLists"),
        ("contacts?email=jane%40example.com", "contacts"),
        ("contacts/jane@example.com", "contacts/{id}"),
        ("contacts/6b1b4a1e", "contacts/{id}"),
    ],
)
def test_an_endpoint_is_told_without_ids_and_addresses(path: str, shown: str) -> None:
    assert template(f"https://acme.api-us1.com/api/3/{path}") == f"/api/3/{shown}"


@pytest.mark.parametrize(("status", "error"), [(200, None), (429, "429"), (503, "503")])
def test_a_request_is_measured_by_endpoint_and_status(told: Told, status: int, error: str | None) -> None:
    with request_timed("GET", "https://acme.api-us1.com/api/3/lists/1") as noted:
        noted[STATUS] = status

    (point,) = told.points["segment_export.request.duration"]
    attributes = {"http.request.method": "GET", "url.template": "/api/3/lists/{id}", STATUS: status}
    assert point.attributes == (attributes | {"error.type": error} if error else attributes)


def test_a_request_without_an_answer_is_measured_too(told: Told) -> None:
    with (
        pytest.raises(TimeoutError),
        request_timed("POST", "https://acme.api-us1.com/api/3/import/bulk_import"),
    ):
        raise TimeoutError("jane@example.com")

    (point,) = told.points["segment_export.request.duration"]
    assert point.attributes
    assert point.attributes["error.type"] == "TimeoutError"
    assert "jane" not in told.everything()


async def test_waiting_for_the_limit_is_measured_by_kind(told: Told) -> None:
    pacer = Pacer(Limits(bulk_per_minute=6000, requests_per_second=1000))

    waits = [await pacer.bulk(250), await pacer.bulk(250), await pacer.request()]

    points = {(point.attributes or {})["kind"]: point for point in told.points["segment_export.limit.wait"]}
    bulk = points["bulk"]
    assert points.keys() == {"bulk", "other"}
    assert isinstance(bulk, HistogramDataPoint)
    assert bulk.count == 2
    assert bulk.sum == pytest.approx(sum(waits[:2]))
    assert bulk.sum > 0


def test_nothing_traces_requests_by_itself_since_an_address_may_stand_in_a_query() -> None:
    installed = (ROOT / "requirements.txt").read_text()

    assert "opentelemetry-instrumentation-requests" in installed
    assert "opentelemetry-instrumentation-aiohttp" not in installed


# runs that take too long


@pytest.mark.parametrize(
    ("changes", "after", "too_long"),
    [
        ({"minutes": 40.0}, 110 * MINUTE, False),
        ({"minutes": 40.0}, 111 * MINUTE, True),
        ({"minutes": None, "state": "planning"}, 30 * MINUTE, False),
        ({"minutes": None, "state": "planning"}, 31 * MINUTE, True),
        ({"minutes": 1.0, "state": "held"}, 2 * DAY, False),
        ({"minutes": 1.0, "state": "successful"}, 2 * DAY, False),
        ({"minutes": 1.0, "started_at": None, "state": "queued"}, 2 * DAY, False),
        ({"minutes": 1.0, "approved_by": "Ann"}, 2 * DAY, False),
        ({"minutes": 1.0, "approved_by": "Ann", "first_accepted_at": NOW + DAY}, DAY + 32 * MINUTE, False),
        ({"minutes": 1.0, "approved_by": "Ann", "first_accepted_at": NOW + DAY}, DAY + 33 * MINUTE, True),
    ],
)
def test_a_run_takes_too_long_after_twice_its_estimate_and_half_an_hour(
    changes: dict[str, Any], after: timedelta, too_long: bool
) -> None:
    lasting = run(**{"state": "delivering", "ended_at": None} | changes)

    assert takes_too_long(lasting, NOW + after) is too_long


# keys that expire


class Moments:
    """A vault whose secret expires so long from `NOW`, and a time that passes."""

    def __init__(self, expires_in: timedelta | None) -> None:
        self.passed = timedelta()
        self._expires_on = None if expires_in is None else NOW + expires_in
        self.vault = Vault(
            cast(SecretClient, self),
            clock=lambda: self.passed.total_seconds(),
            now=lambda: NOW + self.passed,
        )

    async def get_secret(self, name: str, version: str | None) -> SimpleNamespace:
        properties = SimpleNamespace(version=version or "v1", tags=None, expires_on=self._expires_on)
        return SimpleNamespace(value="the-key-itself", properties=properties)


@pytest.mark.parametrize(
    ("expires_in", "times"),
    [(None, 0), (31 * DAY, 0), (30 * DAY, 1), (DAY, 1), (-DAY, 1)],
)
async def test_a_key_that_expires_within_a_month_is_spoken_of(
    told: Told, expires_in: timedelta | None, times: int
) -> None:
    await Moments(expires_in).vault.secret("activecampaign-main")

    events = told.events("key expires")
    assert [event["secret"] for event in events] == ["activecampaign-main"] * times
    assert "the-key-itself" not in told.everything()


async def test_a_key_that_expires_is_spoken_of_once_a_day(told: Told) -> None:
    moments = Moments(20 * DAY)

    for hours in (0, 1, 23, 25, 26):
        moments.passed = timedelta(hours=hours)
        await moments.vault.secret("activecampaign-main", fresh=True)

    assert len(told.events("key expires")) == 2


# where it is told from


def test_importing_the_app_brings_the_api_and_no_exporter() -> None:
    script = (
        "import sys, threading, shared.wiring, shared.plans.processes\n"
        "found = [name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'azure.monitor'))]\n"
        "print('opentelemetry.metrics' in sys.modules, found, threading.active_count())"
    )

    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **AS_ON_AZURE},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == "True [] 1\n"


async def test_a_process_that_plans_starts_no_exporter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in AS_ON_AZURE.items():
        monkeypatch.setenv(name, value)

    async with engines(setup(tmp_path), 2) as crew:
        for engine in crew:
            await results(engine, "tally")
        children = started()

        assert [(child.num_threads(), child.net_connections()) for child in children] == [(1, []), (1, [])]


def test_the_host_passes_traces_on() -> None:
    host = json.loads((ROOT / "host.json").read_text())

    assert host["telemetryMode"] == "OpenTelemetry"
    assert "applicationInsights" not in host["logging"]
