"""Accounts that do not pause before they try a refused key again."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.activecampaign.pacing import Pacer
from shared.connections.connection import Connection
from shared.runs.account import KeyedAccount
from shared.runs.services import OpenAccount


@dataclass(frozen=True, slots=True)
class Unhurried:
    """Opens accounts whose sleep takes no time."""

    inner: OpenAccount

    def __call__(self, connection: Connection, pacer: Pacer, guard: Callable[[], None]) -> KeyedAccount:
        account = self.inner(connection, pacer, guard)
        account.sleep = _no_time
        return account


async def _no_time(seconds: float) -> None:
    return
