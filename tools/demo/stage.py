"""What the demo plays on: the whole app on this machine, and an ActiveCampaign beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tools.demo.names import LEVELS
from tools.demo.options import Options
from tools.deployment import Api, Deployment
from tools.sandbox import Sandbox, ScaledClock

EXPORT = "active-customers"
LEASE_SECONDS = 15
"""The shortest that Azure allows; as long a dead worker's lease lasts."""
_LIMITS = {
    "ACTIVECAMPAIGN_BULK_PER_MINUTE": 100,
    "ACTIVECAMPAIGN_SINGLE_PER_MINUTE": 20,
    "ACTIVECAMPAIGN_REQUESTS_PER_SECOND": 5,
}


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything that runs; `workers` notes when which worker process was started."""

    sandbox: Sandbox
    deployment: Deployment
    list_id: int
    fields: dict[str, int]
    """Titles of ActiveCampaign's custom fields and their ids."""
    workers: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def api(self) -> Api:
        """The app's own HTTP API."""
        return self.deployment.api

    def evidence(self) -> dict[str, Any]:
        """What the sandbox noted of its client's requests."""
        return self.sandbox.evidence()


@asynccontextmanager
async def stage(options: Options) -> AsyncIterator[Stage]:
    """Everything started, on free ports, while the block lasts."""
    workers: list[tuple[datetime, str]] = []
    sandbox = Sandbox(clock=ScaledClock(options.time_scale))
    deployment = Deployment(
        settings(options.time_scale),
        grace=0.5,
        announce=lambda line: workers.append((datetime.now(UTC), line)),
    )
    async with sandbox, deployment:
        yield Stage(
            sandbox=sandbox,
            deployment=deployment,
            list_id=sandbox.add_list("Active customers"),
            fields={
                "City": sandbox.add_field("City"),
                "Last purchase": sandbox.add_field("Last purchase", type="date"),
                "Loyalty level": sandbox.add_field("Loyalty level", type="dropdown", options=LEVELS),
            },
            workers=workers,
        )


def settings(time_scale: float) -> dict[str, str]:
    """What the app is told beside the usual: wait less than in production, look more often."""
    return {
        "TICK": "*/3 * * * * *",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "WAKE_SECONDS": "2",
        "CONFIRM_AFTER_SECONDS": f"{2 / time_scale:g}",
        "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:02",
        **{name: f"{limit * time_scale:g}" for name, limit in _LIMITS.items()},
    }
