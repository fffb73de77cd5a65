"""Many runs at once on several instances."""

import asyncio
from functools import partial

from tests.chaos.scenario import Ground, Scenario
from tests.chaos.trial import CONTACTS, Errand, Trial

_REQUESTS = 20
"""To the app at the same time."""


async def at_once(
    trial: Trial, accounts: tuple[int, ...], contacts: int, run_again: int | None = None
) -> None:
    """So many exports for each of the accounts, all started at the same time."""
    trial.run_again = run_again
    requests = asyncio.Semaphore(_REQUESTS)

    async def errands(exports: int) -> None:
        account = await trial.account()
        for _ in range(exports):
            await trial.errand(contacts, account)

    async def start(errand: Errand) -> None:
        async with requests:
            await trial.start(errand)

    await asyncio.gather(*map(errands, accounts))
    await asyncio.gather(*map(start, trial.errands))
    trial.strike(len(trial.errands))


_SETTINGS = {
    "AzureFunctionsJobHost__extensions__queues__batchSize": "4",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "4",
    "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:01",
    "SLICE_SECONDS": "60",
    "STALL_SECONDS": "300",
    "WAKE_SECONDS": "30",
    "TICK": "0 */5 * * * *",
}
"""Azurite answers some 250 requests a second. That is enough for 200 runs, and not for 200 that look for
their turn every second beside a timer that looks at all of them every five."""

GROUND = Ground(
    name="crowds",
    instances=4,
    proxied=False,
    settings=_SETTINGS,
    scenarios=(
        Scenario(
            name="exports of one account and of others at once",
            play=partial(at_once, accounts=(3, 1, 1, 1), contacts=2 * CONTACTS),
        ),
        Scenario(
            name="200 runs queued at once over 20 accounts",
            play=partial(at_once, accounts=(10,) * 20, contacts=20, run_again=20),
            patience=1_200,
        ),
    ),
)
