"""The composition root: everything of this process, put together once, when it is first needed."""

import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.activecampaign.address import parse_address
from shared.activecampaign.client import ActiveCampaign
from shared.activecampaign.pacing import Pacer
from shared.activecampaign.schedule import Limits
from shared.audit.audit import Audit
from shared.clients import Clients
from shared.connections.connection import Connection
from shared.connections.hosts import Hosts
from shared.connections.keys import ConnectionKeys
from shared.connections.saving import Connections
from shared.connections.stopping import stop_runs
from shared.exports.activity import Activities
from shared.exports.catalogue import Catalogues
from shared.exports.checking import Checker
from shared.exports.editing import ExportEditor
from shared.exports.listing import Listing
from shared.exports.neighbours import Neighbours
from shared.exports.preview import Previewer
from shared.exports.records import Exports
from shared.exports.stopping import Stopper
from shared.exports.validating import Validator
from shared.keyvault import Vault
from shared.once import Once
from shared.plans.keys import LedgerKeys
from shared.runs.account import KeyedAccount
from shared.runs.contact_history import ContactHistories
from shared.runs.history import History
from shared.runs.queues import JobQueue
from shared.runs.records import Records
from shared.runs.services import RunServices
from shared.runs.turns import Turns
from shared.schedules.general import GeneralSchedules
from shared.segments.blobs import SegmentStore
from shared.settings import Settings
from shared.state.blobs import StateStore
from shared.state.documents import Documents
from shared.state.lease_blobs import LeaseStore
from shared.suppressions.changing import SuppressionEditor
from shared.suppressions.erasing import Eraser
from shared.suppressions.suppressions import Suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the functions call."""

    settings: Settings
    clients: Clients
    runs: RunServices
    connections: Connections
    exports: ExportEditor
    export_list: Listing
    export_validator: Validator
    export_preview: Previewer
    history: History
    contacts: ContactHistories
    suppressions: SuppressionEditor
    audit: Audit
    vault: Vault


async def services() -> Services:
    """This process's services. Raises ConfigurationError where a setting is missing or wrong."""
    return await _services.get()


async def open_services() -> Services:
    """New ones, ready for use; where they cannot be had, everything that was opened is closed again."""
    settings = Settings.from_env(os.environ)
    async with AsyncExitStack() as stack:
        clients = Clients(settings)
        stack.push_async_callback(clients.close)
        made = make_services(settings, clients)
        await made.runs.store.ensure_container()
        await made.audit.store.ensure_container()
        stack.pop_all()
    return made


_services = Once(open_services)


def make_services(settings: Settings, clients: Clients) -> Services:
    """Services of these settings; nothing is called yet."""
    vault = Vault(clients.secrets())
    store = StateStore(clients.state())
    documents = Documents(store, Connection, lambda connection: f"connections/{connection}.json")
    runs = _run_services(settings, clients, store, documents, vault)
    connections = Connections(
        documents=documents,
        names=lambda: _connection_names(store),
        keys=ConnectionKeys(documents, vault, settings.api_key_secret_prefix),
        hosts=Hosts(settings.allow_loopback_http),
        stop_runs=partial(stop_runs, runs),
        now=_now,
    )
    checker = Checker(
        connections=connections,
        catalogues=Catalogues(open_account=runs.open_account, browsing=runs.browsing),
        segments=runs.segments,
        neighbours=Neighbours(exports=runs.exports.all, connections=connections),
    )
    suppressions = Suppressions(store=store, keys=runs.keys, now=_now)
    return Services(
        settings=settings,
        clients=clients,
        runs=runs,
        connections=connections,
        exports=ExportEditor(exports=runs.exports, checker=checker, stop=Stopper(runs).stop, now=_now),
        export_list=Listing(
            exports=runs.exports,
            connections=documents,
            activities=Activities(runs.exports, runs.records),
            schedules=GeneralSchedules(store),
            now=_now,
        ),
        export_validator=Validator(checker),
        export_preview=Previewer(checker=checker, segments=runs.segments),
        history=History(runs.records, store),
        contacts=ContactHistories(services=runs, suppressions=suppressions),
        suppressions=SuppressionEditor(suppressions=suppressions, eraser=Eraser(store=store, keys=runs.keys)),
        audit=Audit(StateStore(clients.audit()), _now),
        vault=vault,
    )


def http_auth_level() -> str:
    """The level of all HTTP functions: the platform's sign-in in front, or function keys."""
    return "FUNCTION" if os.environ.get("AUTHENTICATION") == "function_key" else "ANONYMOUS"


def quiet_sdk_logs() -> None:
    """The Azure SDK logs each request at INFO, and the host would keep every line."""
    logging.getLogger("azure").setLevel(logging.WARNING)


def _run_services(
    settings: Settings,
    clients: Clients,
    store: StateStore,
    connections: Documents[Connection],
    vault: Vault,
) -> RunServices:
    leases = LeaseStore(store)
    settle = timedelta(seconds=settings.segments_settle_seconds)
    turns = Turns(
        store=store,
        leases=leases,
        lease_seconds=settings.lease_seconds,
        wake_seconds=settings.wake_seconds,
        clock=time.monotonic,
    )

    async def keys(version: str | None) -> LedgerKeys:
        secret = await vault.secret(settings.ledger_key_secret, version)
        return LedgerKeys.derive(secret.value, secret.version)

    return RunServices(
        settings=settings,
        store=store,
        leases=leases,
        records=Records(store),
        connections=connections,
        exports=Exports(store),
        segments=SegmentStore(clients.segments(), prefix=settings.segments_prefix, settle=settle),
        queue=JobQueue(clients.jobs()),
        turns=turns,
        open_account=_Accounts(
            settings, clients, ConnectionKeys(connections, vault, settings.api_key_secret_prefix)
        ),
        keys=keys,
        browsing=lambda: Pacer(Limits(requests_per_second=settings.requests_per_second / 5)),
        now=_now,
        clock=time.monotonic,
    )


@dataclass(frozen=True, slots=True)
class _Accounts:
    """Opens ActiveCampaign accounts over one session of this process."""

    settings: Settings
    clients: Clients
    keys: ConnectionKeys

    def __call__(self, connection: Connection, pacer: Pacer, guard: Callable[[], None]) -> KeyedAccount:
        address = parse_address(connection.api_url, allow_loopback_http=self.settings.allow_loopback_http)

        async def open_client(fresh: bool) -> ActiveCampaign:
            key = await self.keys.key(connection, fresh=fresh)
            return ActiveCampaign(self.clients.session(), address, key, pacer, guard=guard)

        return KeyedAccount(open_client)


async def _connection_names(store: StateStore) -> AsyncIterator[str]:
    async for entry in store.entries("connections/"):
        yield entry.name.removeprefix("connections/").removesuffix(".json")


def _now() -> datetime:
    return datetime.now(UTC)
