"""HTTP: whether the app can reach what it needs."""

from functions.http import Answer, Call, Routes
from shared.health import Health, check

routes = Routes()


@routes.operation("GET", "health", gives=Health, also=(503,))
async def show_health(call: Call) -> Answer:
    """Whether the app can reach what it needs; 503 where it cannot."""
    health = await check(call.services.runs, call.services.vault)
    return Answer(value=health, status=200 if health.healthy else 503)
