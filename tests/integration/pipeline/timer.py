"""The timer of a deployment whose clock is ahead of the real one."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.runs.run import Run
from shared.runs.ticking import Tick
from shared.schedules.notes import TimerNotes
from tests.pipeline import Pipeline, people

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def daily(*, hours_ahead: int) -> dict[str, Any]:
    """A schedule that comes once a day, first so many hours from now (and not in this minute)."""
    time = datetime.now(UTC) + hours_ahead * HOUR + timedelta(minutes=1)
    return {"kind": "daily", "times": [f"{time:%H:%M}"], "time_zone": "UTC"}


async def tick(pipeline: Pipeline, *, at: timedelta | None = None, work: bool = True) -> list[Run]:
    """The timer's look after so much time, and the work that comes of it; then all runs, the newest first."""
    pipeline.ahead = pipeline.ahead if at is None else at
    await Tick(pipeline.runs).run()
    if work:
        await pipeline.drain()
    return [run async for run in pipeline.runs.records.newest(export="vip")]


async def notes(pipeline: Pipeline) -> TimerNotes:
    """What the timer noted."""
    return (await pipeline.runs.exports.state("vip")).timer


async def scheduled(pipeline: Pipeline, *, hours_ahead: int = 2, **changes: Any) -> None:
    """A segment of ten people and its export, which comes daily."""
    await pipeline.write_segment("Vip", people(10))
    await pipeline.make_export(schedule=daily(hours_ahead=hours_ahead), **changes)


def told(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """What the events of this name say."""
    return [vars(record) for record in caplog.records if record.getMessage() == event]


def warnings(caplog: pytest.LogCaptureFixture, beginning: str) -> list[str]:
    """Messages of warnings that begin so."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.WARNING and record.getMessage().startswith(beginning)
    ]
