"""What the steps of a run work with, made once per process by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.activecampaign.pacing import Pacer
from shared.connections.connection import Connection
from shared.exports.records import Exports
from shared.plans.keys import LedgerKeys
from shared.runs.account import KeyedAccount
from shared.runs.queues import JobQueue
from shared.runs.records import Records
from shared.runs.turns import Turns
from shared.segments.blobs import SegmentStore
from shared.settings import Settings
from shared.state.blobs import StateStore
from shared.state.documents import Documents
from shared.state.lease_blobs import LeaseStore


class OpenAccount(Protocol):
    """Makes the account of a connection, paced and guarded by the caller."""

    def __call__(self, connection: Connection, pacer: Pacer, guard: Callable[[], None]) -> KeyedAccount: ...


class ReadKeys(Protocol):
    """The ledger keys of a version of the vault's secret, None for the newest."""

    async def __call__(self, version: str | None) -> LedgerKeys: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunServices:
    """Stores, clients and clocks."""

    settings: Settings
    store: StateStore
    leases: LeaseStore
    records: Records
    connections: Documents[Connection]
    exports: Exports
    segments: SegmentStore
    queue: JobQueue
    turns: Turns
    open_account: OpenAccount
    keys: ReadKeys
    browsing: Callable[[], Pacer]
    """A pacer for what people look up outside of turns; a wait for one account binds no other."""
    now: Callable[[], datetime]
    clock: Callable[[], float]
    """Monotonic seconds."""
