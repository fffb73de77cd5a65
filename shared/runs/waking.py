"""Waking: when a run's turn ends, the one that has waited longest goes on at once, and does not sleep on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.runs.run import Job, Run
from shared.runs.services import RunServices
from shared.runs.turns import Turn


@asynccontextmanager
async def turn_of(services: RunServices, account: str, run: Run) -> AsyncIterator[Turn | None]:
    """The account's turn while the block runs, or None where others come first; then the next run is woken.

    The job it gets is the one that it has sent itself, with a delay, or is about to send; the later of them
    is dropped. A block that raises wakes nobody: those who wait look again by themselves.
    """
    async with services.turns.turn(account, run.id, run.slice + 1) as turn:
        yield turn
    if turn and (waiting := await services.turns.longest_waiting(account)):
        await services.queue.send(Job(run=waiting.run, slice=waiting.slice))
