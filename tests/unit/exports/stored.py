"""Exports as they are stored, and what they are checked against, in memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from shared.activecampaign.client import ActiveCampaign
from shared.activecampaign.model import CustomField, MailingList
from shared.activecampaign.pacing import Pacer
from shared.activecampaign.schedule import Limits
from shared.connections.connection import Connection
from shared.connections.consent import Consent
from shared.errors import NotFound, SegmentNotFound
from shared.exports.catalogue import Catalogues
from shared.exports.checking import Checked, Checker
from shared.exports.drafts import ExportDraft
from shared.exports.export import Export
from shared.exports.neighbours import Neighbours
from shared.runs.account import KeyedAccount
from shared.segments.rows import Row, RowBatch
from shared.segments.snapshots import SegmentSummary, Snapshot
from shared.state.documents import Versioned
from tests.builders import NOW, content, snapshot


def stored(export: str = "vip", *, hours: int = 0, by: str = "Ann", **changes: Any) -> Export:
    """An export that was changed so many hours after it was made."""
    return Export(
        **dict(content(**changes)),
        id=export,
        created_at=NOW,
        updated_at=NOW + timedelta(hours=hours),
        updated_by=by,
    )


def connection(connection_id: str = "main", *, account: str = "acme", **changes: Any) -> Connection:
    """A connection to the account."""
    usual: dict[str, Any] = {
        "id": connection_id,
        "display_name": f"Account {account}",
        "api_url": f"https://{account}.api-us1.com",
        "account": account,
        "api_key_secret": "activecampaign-main",
        "allow_contributors": False,
        "consent": Consent(accepted_by="Ann", accepted_at=NOW, text_version="1"),
        "created_at": NOW,
        "updated_at": NOW,
        "updated_by": "Ann",
    }
    return Connection.model_validate(usual | changes)


def draft(**changes: Any) -> ExportDraft:
    """What somebody wants to save; None takes a field away."""
    wanted: dict[str, Any] = {
        "name": "VIP",
        "connection": "main",
        "list_id": 1,
        "segments": [{"name": "Vip"}],
        "mapping": {"email": "EMail"},
    } | changes
    return ExportDraft.model_validate({name: value for name, value in wanted.items() if value is not None})


@dataclass(slots=True)
class Account:
    """An ActiveCampaign account; `fault` is raised in place of every answer."""

    lists_: Sequence[MailingList] = ()
    fields_: Sequence[CustomField] = ()
    fault: Exception | None = None
    asked: list[str] = field(default_factory=list)

    async def lists(self) -> list[MailingList]:
        return list(self._answer("lists", self.lists_))

    async def fields(self) -> list[CustomField]:
        return list(self._answer("fields", self.fields_))

    def _answer[T](self, question: str, answer: Sequence[T]) -> Sequence[T]:
        self.asked.append(question)
        if self.fault:
            raise self.fault
        return answer


@dataclass(slots=True)
class Segments:
    """Segments in storage: a snapshot, or why there is none."""

    found: dict[str, Snapshot | Exception]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """By partition; the values in the order of the snapshot's columns."""

    async def segments(self) -> list[SegmentSummary]:
        return [
            SegmentSummary(name=name, columns=(), types=(), snapshot=None, problem=None)
            for name in self.found
        ]

    async def newest_snapshot(self, segment: str) -> Snapshot:
        found = self.found.get(segment, SegmentNotFound(f"no segment is named {segment!r}"))
        if isinstance(found, Exception):
            raise found
        return found

    async def read(self, snapshot: Snapshot, columns: Sequence[str]) -> AsyncGenerator[RowBatch]:
        picked = [snapshot.columns.index(column) for column in columns]
        for partition in snapshot.partitions:
            rows = [
                tuple(row[place] for place in picked) if isinstance(row, tuple) else row
                for row in self.rows[partition.name]
            ]
            for start in range(0, len(rows), 400):
                yield RowBatch(partition=partition.name, first_row=start + 1, rows=rows[start : start + 400])


@dataclass(slots=True)
class Connections:
    """Connections by id."""

    known: dict[str, Connection]

    async def get(self, connection: str) -> Versioned[Connection]:
        if connection not in self.known:
            raise NotFound(f"no connection has the id {connection!r}")
        return Versioned(value=self.known[connection], etag='"1"')


@dataclass(slots=True)
class World:
    """All that a draft can name."""

    account: Account = field(default_factory=lambda: Account(lists_=[mailing_list(1, "Newsletter")]))
    segments: Segments = field(default_factory=lambda: Segments({"Vip": snapshot()}))
    connections: list[Connection] = field(default_factory=lambda: [connection()])
    exports: list[Export] = field(default_factory=list)

    def checker(self) -> Checker:
        known = Connections({one.id: one for one in self.connections})
        return Checker(
            connections=known,
            catalogues=Catalogues(open_account=self._open, browsing=lambda: Pacer(Limits())),
            segments=self.segments,
            neighbours=Neighbours(exports=self._all, connections=known),
        )

    async def check(self, export: str | None = None, **changes: Any) -> Checked:
        return await self.checker().check(draft(**changes), export)

    def _open(self, connection: Connection, pacer: Pacer, guard: Callable[[], None]) -> KeyedAccount:
        async def open_client(fresh: bool) -> ActiveCampaign:
            return cast(ActiveCampaign, self.account)

        async def sleep(seconds: float) -> None:
            return

        return KeyedAccount(open_client, sleep)

    async def _all(self) -> AsyncIterator[Versioned[Export]]:
        for export in self.exports:
            yield Versioned(value=export, etag='"1"')


def mailing_list(list_id: int, name: str) -> MailingList:
    return MailingList(list_id=list_id, name=name)


def places(checked: Checked) -> list[str]:
    """The pointers of the problems, in alphabetical order."""
    return sorted(problem.pointer for problem in checked.problems)


def warned(checked: Checked) -> list[str]:
    """The pointers of the warnings, in alphabetical order."""
    return sorted(warning.pointer for warning in checked.warnings)
