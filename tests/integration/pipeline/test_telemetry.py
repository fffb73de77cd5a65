"""What whole runs tell: figures that agree with their reports, the right spans, and nothing about anybody."""

import re
from collections.abc import Iterator
from datetime import timedelta
from time import time

import pytest
from opentelemetry import context
from opentelemetry.sdk.metrics.export import HistogramDataPoint
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared import telemetry
from shared.runs.run import Run
from shared.runs.starting import Starter
from tests.integration.pipeline.test_poison import fail_to_the_end, without_its_chunks
from tests.integration.pipeline.timer import DAY, HOUR, scheduled, tick
from tests.pipeline import Pipeline, people, row
from tests.telemetry import Told, listening
from tools.sandbox import Fault
from tools.vault.secrets import SecretProperties

IMPORT = "POST import/bulk_import"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def told() -> Iterator[Told]:
    with listening() as heard:
        yield heard


async def eventful(pipeline: Pipeline) -> list[Run]:
    """Two runs in which every outcome but `unsent` and `suppressed` happens to somebody."""
    people_in_trouble = [
        row(90, EMail="<jane.doe@example.com>"),
        row(91, EMail="a@x.xn--p1ai"),
        row(92, EMail="p1@example.com"),
    ]
    pipeline.sandbox.bounce("p1@example.com")
    pipeline.sandbox.add_fault(Fault(kind="drop", when="after", endpoint=IMPORT))
    await pipeline.write_segment("Vip", [*people(600), *people_in_trouble])
    await pipeline.make_export()
    first = await pipeline.run_to_end()
    await pipeline.write_segment("Vip", [*people(610), *people_in_trouble], at="2026/01/16/0640")
    return [first, await pipeline.run_to_end()]


def by_name(told: Told, name: str) -> list[ReadableSpan]:
    return [span for span in told.spans if span.name == name]


def parents(told: Told) -> set[tuple[str, str | None]]:
    """Each span's name with that of its parent, None where that is none of ours."""
    names = {span.context.span_id: span.name for span in told.spans if span.context}
    return {(span.name, names.get(span.parent.span_id) if span.parent else None) for span in told.spans}


def count(told: Told, metric: str, **attributes: str) -> int:
    """How often this was measured."""
    found = [
        point.count
        for point in told.points[metric]
        if isinstance(point, HistogramDataPoint) and attributes.items() <= (point.attributes or {}).items()
    ]
    return sum(found)


async def test_the_counters_agree_with_the_reports(pipeline: Pipeline, told: Told) -> None:
    runs = await eventful(pipeline)

    reported = {
        outcome: sum(run.counts.model_dump()[outcome] for run in runs) for outcome in telemetry.OUTCOMES
    }
    counted = told.sums("segment_export.profiles", "outcome")
    assert counted == {outcome: count for outcome, count in reported.items() if count}
    assert sum(counted.values()) == sum(run.counts.read for run in runs)
    assert set(telemetry.OUTCOMES) - counted.keys() == {"unconfirmed", "unsent", "suppressed"}
    assert told.sums("segment_export.runs", "state") == {"completed_with_warnings": 2}
    assert told.sums("segment_export.retries", "reason") == {"answer_lost": 1}


async def test_what_is_said_of_a_run_that_ended_is_its_report(pipeline: Pipeline, told: Told) -> None:
    runs = await eventful(pipeline)

    said = {event["run"]: event for event in told.events("run ended")}
    assert said.keys() == {run.id for run in runs}
    for run in runs:
        event = said[run.id]
        assert (event["state"], event["trigger"], event["severity"]) == (run.state, "on_demand", "INFO")
        assert run.counts.model_dump().items() <= event.items()


async def test_every_request_is_measured_with_its_wait(pipeline: Pipeline, told: Told) -> None:
    await eventful(pipeline)

    asked = pipeline.sandbox.evidence()["by_endpoint"]
    measured = {
        (point.attributes or {})["url.template"] for point in told.points["segment_export.request.duration"]
    }
    imports = count(told, "segment_export.request.duration", **{"url.template": "/api/3/import/bulk_import"})
    assert imports == asked[IMPORT]
    assert count(told, "segment_export.request.duration") == sum(asked.values())
    assert count(told, "segment_export.limit.wait") == sum(asked.values())
    assert {"/api/3/import/info", "/api/3/lists/{id}", "/api/3/settings/account"} < measured
    assert all(re.fullmatch(r"(/api/3)(/([a-zA-Z_]+|{id}))+", str(endpoint)) for endpoint in measured)


async def test_a_run_is_found_by_its_id_slice_by_slice(pipeline: Pipeline, told: Told) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(guards={"row_cap": 3})
    held = await pipeline.run_to_end()
    await Starter(pipeline.runs).approve(held, held.plan or "", "Ann")
    await pipeline.drain()

    slices = [
        ((span.attributes or {})["slice"], (span.attributes or {})["state"])
        for span in by_name(told, "slice")
    ]
    assert slices == [(1, "held"), (1, "successful")]
    assert parents(told) == {("slice", None), ("plan", "slice"), ("deliver", "slice"), ("commit", "slice")}
    assert {(span.attributes or {})["run"] for span in told.spans} == {held.id}
    assert {(span.attributes or {})["export"] for span in told.spans} == {"vip"}
    assert [event["findings"] for event in told.events("run held")] == ["row_cap"]


async def test_a_slice_and_its_records_belong_to_the_trace_that_the_host_began(
    pipeline: Pipeline, told: Told
) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    run = await pipeline.start()
    hosts = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    token = context.attach(TraceContextTextMapPropagator().extract(hosts))

    await pipeline.work(run)
    context.detach(token)

    (slice_,) = by_name(told, "slice")
    (ended,) = [readable for readable in told.records if readable.log_record.body == "run ended"]
    traces = {span.context.trace_id for span in told.spans if span.context}
    assert traces == {0x4BF92F3577B34DA6A3CE929D0E0E4736, ended.log_record.trace_id}
    assert slice_.parent
    assert slice_.parent.span_id == 0x00F067AA0BA902B7
    assert slice_.context
    assert ended.log_record.span_id == slice_.context.span_id


async def test_nothing_that_is_told_tells_of_anybody(pipeline: Pipeline, told: Told) -> None:
    key = pipeline.sandbox.api_key
    await eventful(pipeline)
    pipeline.sandbox.account.revoke_key()
    failed = await pipeline.run_to_end(full=True)

    everything = told.everything()

    assert failed.state == "failed"
    assert [event["problem"] for event in told.events("run ended") if "problem" in event] == ["access_denied"]
    for text in ("@example.com", "%40example", "jane.doe", "xn--p1ai", "First1", "Last1", "+491", key):
        assert text not in everything


async def test_a_span_of_a_step_that_failed_says_why_by_class(pipeline: Pipeline, told: Told) -> None:
    await pipeline.write_segment("Vip", people(5), columns=("Id", "A", "B", "C", "D", "E"))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    (plan,), (slice_,) = by_name(told, "plan"), by_name(told, "slice")
    assert run.problem
    assert run.problem.code == "segment_format_error"
    assert (plan.attributes or {})["error.type"] == "SegmentFormatError"
    assert (slice_.attributes or {})["state"] == "failed"
    assert slice_.status.is_ok or slice_.status.is_unset


async def test_a_dry_run_moves_no_profile(pipeline: Pipeline, told: Told) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()

    await pipeline.run_to_end(dry_run=True)

    assert told.sums("segment_export.profiles", "outcome") == {}
    assert told.sums("segment_export.runs", "state") == {"successful": 1}
    assert count(told, "segment_export.rejected.share", export="vip") == 1


async def test_a_batch_that_is_sent_again_is_counted(pipeline: Pipeline, told: Told) -> None:
    pipeline.sandbox.add_fault(Fault(kind="batch_failed", endpoint=IMPORT, at=(1,)))
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert run.state == "successful"
    assert told.sums("segment_export.retries", "reason") == {"batch_failed": 1}


@pytest.mark.parametrize("active", [True, False])
async def test_a_run_that_takes_too_long_is_spoken_of_once(
    pipeline: Pipeline, told: Told, active: bool
) -> None:
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint=IMPORT, retry_after=3600))
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export(active=active)
    run = await pipeline.run_to_end()

    for minutes in (29, 31, 36):
        await tick(pipeline, at=minutes * MINUTE, work=False)

    assert run.state == "delivering"
    (event,) = told.events("run too long")
    assert (event["run"], event["export"], event["severity"]) == (run.id, "vip", "WARN")


async def test_a_job_that_comes_out_as_poison_is_said_each_time(pipeline: Pipeline, told: Told) -> None:
    run = await without_its_chunks(pipeline)

    for _ in range(3):
        await fail_to_the_end(pipeline, run)

    events = told.events("poison message")
    assert [event["outcome"] for event in events] == ["revived", "failed", "ended without a commit"]
    assert {(event["run"], event["severity"]) for event in events} == {(run, "WARN")}
    (ended,) = told.events("run ended")
    assert (ended["state"], ended["problem"], ended["severity"]) == ("failed", "slice_failed", "WARN")
    assert told.sums("segment_export.runs", "state") == {"failed": 1}


async def test_a_run_that_the_timer_skips_is_a_run_that_ended(pipeline: Pipeline, told: Told) -> None:
    await scheduled(pipeline)
    await tick(pipeline, at=3 * HOUR)

    (skipped, _) = await tick(pipeline, at=3 * HOUR + DAY)

    assert skipped.state == "skipped"
    assert told.sums("segment_export.runs", "state", "trigger") == {
        ("successful", "schedule"): 1,
        ("skipped", "schedule"): 1,
    }
    assert told.events("run ended")[-1]["run"] == skipped.id


async def test_a_key_that_expires_is_noticed_where_it_is_read(pipeline: Pipeline, told: Told) -> None:
    expires = SecretProperties(expires=int(time() + 20 * DAY.total_seconds()))
    pipeline.tenant.vault.secrets.set("activecampaign-key", pipeline.sandbox.api_key, expires)
    pipeline.services = pipeline.new_process()
    await pipeline.write_segment("Vip", people(5))
    await pipeline.make_export()

    await pipeline.run_to_end()

    (event,) = told.events("key expires")
    assert (event["secret"], event["severity"]) == ("activecampaign-key", "WARN")
    assert pipeline.sandbox.api_key not in told.everything()
