"""What the app tells of its runs: spans, metrics and events, by the OpenTelemetry API and `logging` alone.

On Azure the Functions worker sets up SDK and exporter before it loads the app, where the setting
PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY is `true`. Elsewhere spans and metrics come to nothing, and events
are lines of the log.

An event is a log record whose message is its name and whose `extra` holds what there is to say. Nothing
personal goes in anywhere: ids, states, codes, counts and times, no reasons that name who canceled.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.util.types import AnyValue

from shared.errors import ActiveCampaignError, RateLimited, Unavailable
from shared.runs.run import Run

OUTCOMES = (
    "imported",
    "failed",
    "refused",
    "unconfirmed",
    "unsent",
    "unchanged",
    "withheld",
    "suppressed",
    "rejected",
    "duplicate",
)
"""Every row of a run has one of these: together they are what was read."""

type Value = str | int | float | bool | None

_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)
_meter = metrics.get_meter(__name__)
_runs = _meter.create_counter("segment_export.runs", unit="{run}", description="Runs that ended")
_profiles = _meter.create_counter(
    "segment_export.profiles", unit="{profile}", description="Profiles of runs that ended, no dry ones"
)
_minutes = _meter.create_histogram(
    "segment_export.run.minutes",
    unit="min",
    description="Runs, from the first slice to the end",
    explicit_bucket_boundaries_advisory=[0.5, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 240, 480, 1440],
)
_rejected_share = _meter.create_histogram(
    "segment_export.rejected.share",
    unit="1",
    description="Rejected rows of all rows that a plan read",
    explicit_bucket_boundaries_advisory=[0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
)
_retries = _meter.create_counter(
    "segment_export.retries", unit="{request}", description="Imports that are sent again"
)


@contextmanager
def span(name: str, run: Run) -> Iterator[Span]:
    """A span of this run, a child of the one that is current.

    Of an error that leaves it only the class is told: messages of other people's errors may hold anything.
    """
    about: dict[str, AnyValue] = {
        "run": run.id,
        "export": run.export,
        "slice": run.slice,
        "state": run.state,
    }
    with _tracer.start_as_current_span(
        name, attributes=about, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute("error.type", type(error).__qualname__)
            current.set_status(Status(StatusCode.ERROR))
            raise


def event(level: int, name: str, **about: Value) -> None:
    """A log record of this name; what is None is left out."""
    extra = {key: value for key, value in about.items() if value is not None}
    _log.log(level, name, extra=extra, stacklevel=2)


def planned(run: Run) -> None:
    """The run has a plan."""
    counts = run.counts
    share = counts.rejected / counts.read if counts.read else 0.0
    _rejected_share.record(share, {"export": run.export})
    if any(finding.code == "rejections" for finding in run.findings):
        event(
            logging.WARNING,
            "rejections above share",
            run=run.id,
            export=run.export,
            share=round(share, 4),
            rejected=counts.rejected,
            read=counts.read,
        )


def held(run: Run) -> None:
    """The run waits for somebody to approve its plan."""
    codes = ",".join(sorted({finding.code for finding in run.findings if finding.holds}))
    event(logging.WARNING, "run held", run=run.id, export=run.export, trigger=run.trigger, findings=codes)


def ended(run: Run) -> None:
    """The run is over, and its record says so."""
    _runs.add(1, {"state": run.state, "trigger": run.trigger})
    minutes = _minutes_of(run)
    if minutes is not None:
        _minutes.record(minutes, {"state": run.state, "trigger": run.trigger})
    counts = run.counts.model_dump()
    if not run.dry_run:
        for outcome in OUTCOMES:
            if counts[outcome]:
                _profiles.add(counts[outcome], {"outcome": outcome, "export": run.export})
    event(
        logging.WARNING if run.state == "failed" else logging.INFO,
        "run ended",
        run=run.id,
        export=run.export,
        state=run.state,
        trigger=run.trigger,
        dry_run=run.dry_run,
        full=run.full,
        problem=run.problem.code if run.problem else None,
        minutes=minutes,
        **counts,
    )


def retried(error: ActiveCampaignError) -> None:
    """An import is sent again because of this answer, or for want of one."""
    if isinstance(error, RateLimited):
        reason = "rate_limited"
    else:
        reason = "answer_lost" if isinstance(error, Unavailable) and error.in_doubt else "unavailable"
    _retries.add(1, {"reason": reason})


def sent_again() -> None:
    """An import was sent again because ActiveCampaign could not process it."""
    _retries.add(1, {"reason": "batch_failed"})


def _minutes_of(run: Run) -> float | None:
    if run.started_at is None or run.ended_at is None:
        return None
    return round((run.ended_at - run.started_at).total_seconds() / 60, 2)
