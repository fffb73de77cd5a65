"""What the arithmetic begins with: measured figures, assumptions, list prices."""

from dataclasses import dataclass

CORES = {512: 0.25, 2048: 1.0, 4096: 2.0}
"""By memory of the instance in MB (Microsoft Learn, Flex Consumption plan)."""
A_REQUEST = 250
"""Contacts of one import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A figure, and where it is from."""

    name: str
    value: float
    unit: str
    source: str


_BENCH = "docs/performance.md, 2026-11-24"
_CODE = "estimated from the code"
_TOLD = "held by `tests/integration/test_application_insights.py`"
_FLEX = "Modal, Azure Functions pricing, East US, 2025-05-22"
_LOGS = "monitoringcost.com, Azure Monitor, 2026"
_UNCONFIRMED = "not confirmed; see below"

PLAN = Input(name="plan, 29 fields", value=23.6, unit="seconds a million rows", source=_BENCH)
PLAN_CORES = Input(name="cores that planned then", value=2, unit="cores", source=_BENCH)
DELIVER = Input(name="deliver, at the limits", value=41.3, unit="minutes a million contacts", source=_BENCH)
CONFIRM = Input(name="confirm, after the last request", value=1.8, unit="minutes a run", source=_BENCH)
COMMIT = Input(name="commit", value=25.0, unit="core seconds a million contacts", source=_BENCH)
CHANGED = Input(name="changed from day to day", value=2.0, unit="% of the profiles", source="assumed")
SLICE = Input(name="slice", value=420, unit="seconds", source="`SLICE_SECONDS`")
TICKS = Input(name="looks of the timer", value=8_760, unit="a month", source="`TICK`, every five minutes")
TICK = Input(
    name="a look of the timer", value=1.0, unit="second, the least that is billed", source="Microsoft Learn"
)
TICK_READS = Input(name="reads of a look", value=20, unit="operations", source=_CODE)
BEATS = Input(
    name="writes while delivering: progress, pacing, leases", value=1.1, unit="a second", source=_CODE
)
LINES = Input(name="writes of a request: its two log lines", value=2, unit="operations", source=_CODE)
ITEM = Input(name="telemetry", value=800, unit="bytes an item, on average at most", source=_TOLD)
ITEMS = Input(
    name="telemetry of an instance: 8 counters of the exporter, 5 of the app",
    value=13,
    unit="items in half a minute",
    source=_CODE,
)
ALERTS = Input(name="alert rules", value=9, unit="rules", source="infra/alert-table.bicep")

GB_SECOND = Input(name="Functions", value=0.000026, unit="USD a GB-s", source=_FLEX)
EXECUTION = Input(name="executions", value=0.40, unit="USD a million", source=_FLEX)
GRANT = Input(name="Functions, free", value=100_000, unit="GB-s a month and subscription", source=_FLEX)
GRANTED_EXECUTIONS = Input(name="executions, free", value=250_000, unit="a month", source=_FLEX)
BLOB_WRITE = Input(name="blobs, hot, LRS: writes", value=0.05, unit="USD per 10,000", source=_UNCONFIRMED)
BLOB_READ = Input(name="blobs, hot, LRS: reads", value=0.004, unit="USD per 10,000", source=_UNCONFIRMED)
LOGS = Input(name="logs", value=2.30, unit="USD a GB", source=_LOGS)
LOGS_FREE = Input(name="logs, free", value=5.0, unit="GB a month", source=_LOGS)
ALERT = Input(
    name="log alert, every 15 minutes", value=0.50, unit="USD a rule and month", source=_UNCONFIRMED
)

INPUTS = (
    *(PLAN, PLAN_CORES, DELIVER, CONFIRM, COMMIT, CHANGED, SLICE, TICKS, TICK, TICK_READS, BEATS, LINES),
    *(ITEM, ITEMS, ALERTS),
    *(GB_SECOND, EXECUTION, GRANT, GRANTED_EXECUTIONS, BLOB_WRITE, BLOB_READ, LOGS, LOGS_FREE, ALERT),
)
