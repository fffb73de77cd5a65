"""The audit log: who changed what, and when."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel

from shared.errors import StateUnavailable
from shared.state.blobs import StateStore
from shared.state.log_blobs import Log

_ATTEMPTS = 50
"""Of an append; of three instances that write all the time, one comes first every third time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an operation did to one thing; before and after are views that hold no secret and no address."""

    subject: str
    """What was changed, as `exports/{id}`."""
    before: BaseModel | None = None
    after: BaseModel | None = None
    details: dict[str, str | int] = field(default_factory=dict)
    """What else is worth knowing, as counts or ids."""


class Audit:
    """A log of JSON lines for each day (UTC), `{yyyy-mm-dd}.ndjson`, in a container of its own.

    Several instances may write at once. Each line is there once, also where the answer to its append was
    lost; a log that is full goes on in `{yyyy-mm-dd}.1.ndjson` and so on.
    """

    def __init__(self, store: StateStore, now: Callable[[], datetime]) -> None:
        self.store = store
        self._now = now
        self._writing = asyncio.Lock()
        self._logs: dict[str, Log] = {}

    async def note(self, operation: str, caller: str, change: Change) -> None:
        """Adds a line. Raises StateUnavailable where that fails; the change itself stands all the same."""
        now = self._now()
        line = _line(operation, caller, change, now)
        try:
            async with self._writing:
                await (await self._log(f"{now:%Y-%m-%d}")).append([line])
        except StateUnavailable as error:
            raise StateUnavailable(
                f"{operation} was done to {change.subject} at {now:%H:%M:%S} UTC, but the audit log could "
                "not be written; note it by hand"
            ) from error

    async def _log(self, day: str) -> Log:
        """The day's log, behind whose last line the next one goes; it is read once."""
        if day not in self._logs:
            log = Log(self.store, day, attempts=_ATTEMPTS)
            await log.read()
            self._logs = {day: log}
        return self._logs[day]


def _line(operation: str, caller: str, change: Change, now: datetime) -> dict[str, object]:
    def shown(document: BaseModel | None) -> object:
        return document.model_dump(mode="json", exclude_none=True) if document else None

    line = {
        **change.details,
        "at": now.isoformat(),
        "caller": caller,
        "operation": operation,
        "subject": change.subject,
        "before": shown(change.before),
        "after": shown(change.after),
    }
    return {name: value for name, value in line.items() if value is not None}
