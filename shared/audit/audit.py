"""The audit log: who changed what, and when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel

from shared.state.blobs import StateStore
from shared.state.log_blobs import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an operation did to one thing; before and after are views that hold no secret and no address."""

    subject: str
    """What was changed, as `exports/{id}`."""
    before: BaseModel | None = None
    after: BaseModel | None = None
    details: dict[str, str | int] = field(default_factory=dict)
    """What else is worth knowing, as counts or ids."""


@dataclass(frozen=True, slots=True)
class Audit:
    """A log of JSON lines for each day (UTC), `{yyyy-mm-dd}.ndjson`, in a container of its own."""

    store: StateStore
    now: Callable[[], datetime]

    async def note(self, operation: str, caller: str, change: Change) -> None:
        """Adds a line. Raises StateUnavailable; the change itself stands then, and can be repeated."""
        now = self.now()
        log = Log(self.store, f"{now:%Y-%m-%d}")
        await log.read()
        await log.append([_line(operation, caller, change, now)])


def _line(operation: str, caller: str, change: Change, now: datetime) -> dict[str, object]:
    def shown(document: BaseModel | None) -> object:
        return document.model_dump(mode="json", exclude_none=True) if document else None

    line = {
        "at": now.isoformat(),
        "caller": caller,
        "operation": operation,
        "subject": change.subject,
        "before": shown(change.before),
        "after": shown(change.after),
        **change.details,
    }
    return {name: value for name, value in line.items() if value is not None}
