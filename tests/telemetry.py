"""The real OpenTelemetry SDK, as the Functions worker sets it up on Azure, with all it gets kept in memory.

Providers are set once in a process; whoever looks forgets first what was told before.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.wiring import quiet_sdk_logs

type Point = NumberDataPoint | HistogramDataPoint


@dataclass(slots=True)
class Told:
    """What was told since `forget`; metrics are read once, when they are first asked for."""

    exported_spans: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    exported_records: InMemoryLogRecordExporter = field(default_factory=InMemoryLogRecordExporter)
    reader: InMemoryMetricReader = field(
        default_factory=lambda: InMemoryMetricReader(
            # As Azure Monitor's exporter has it.
            preferred_temporality={
                Counter: AggregationTemporality.DELTA,
                Histogram: AggregationTemporality.DELTA,
            }
        )
    )
    _points: dict[str, list[Point]] | None = None

    def forget(self) -> None:
        """Nothing was told."""
        self.exported_spans.clear()
        self.exported_records.clear()
        self.reader.get_metrics_data()
        self._points = None

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """Spans that ended, in the order of their ends."""
        return self.exported_spans.get_finished_spans()

    @property
    def records(self) -> tuple[ReadableLogRecord, ...]:
        """Log records."""
        return self.exported_records.get_finished_logs()

    @property
    def points(self) -> Mapping[str, list[Point]]:
        """By metric: a point for each set of attributes."""
        if self._points is None:
            self._points = self._read()
        return self._points

    def sums(self, metric: str, *attributes: str) -> dict[Any, float]:
        """A counter's sums by these attributes: by the value of one, or by the tuple of several."""
        sums: dict[Any, float] = {}
        for point in self.points.get(metric, []):
            assert isinstance(point, NumberDataPoint)
            found = tuple((point.attributes or {})[name] for name in attributes)
            key = found[0] if len(found) == 1 else found
            sums[key] = sums.get(key, 0) + point.value
        return sums

    def events(self, name: str) -> list[dict[str, Any]]:
        """The attributes of each event of this name, and its level as `severity`."""
        return [
            {"severity": record.severity_text, **(record.attributes or {})}
            for record in (readable.log_record for readable in self.records)
            if record.body == name
        ]

    def everything(self) -> str:
        """All of it as text: whatever shall not leave the app must not be in here."""
        return "\n".join(
            [
                *(span.to_json() for span in self.spans),
                *(readable.to_json() for readable in self.records),
                *(point.to_json() for points in self.points.values() for point in points),
            ]
        )

    def _read(self) -> dict[str, list[Point]]:
        data = self.reader.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)  # type: ignore[arg-type]  # no exponential ones are made
            for resource in (data.resource_metrics if data else [])
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@contextmanager
def listening() -> Iterator[Told]:
    """What is told while the block runs; log records at the levels that the app has."""
    told, handler = _providers()
    told.forget()
    root, azure = logging.getLogger(), logging.getLogger("azure")
    levels = root.level, azure.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    quiet_sdk_logs()
    try:
        yield told
    finally:
        root.setLevel(levels[0])
        azure.setLevel(levels[1])
        root.removeHandler(handler)


@cache
def _providers() -> tuple[Told, logging.Handler]:
    told = Told()
    tracing, logs = TracerProvider(), LoggerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(told.exported_spans))
    logs.add_log_record_processor(SimpleLogRecordProcessor(told.exported_records))
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider([told.reader]))
    return told, LoggingHandler(logger_provider=logs)
