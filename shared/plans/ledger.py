"""The ledger of an export: what was sent for each address, and what became of it.

A SQLite file, kept in the order of the address digests.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

from shared.plans.keys import LedgerKeys

Outcome = Literal["imported", "failed", "refused"]
_CODES: dict[Outcome, int] = {"imported": 1, "failed": 2, "refused": 3}
_OUTCOMES: dict[int, Outcome] = {code: outcome for outcome, code in _CODES.items()}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS run (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS contact (
    address BLOB PRIMARY KEY,   -- keyed hash of the normalised address
    content BLOB NOT NULL,      -- keyed hash of the account and of everything that was sent
    outcome INTEGER NOT NULL,   -- 1 imported, 2 failed in the import, 3 refused by the API
    run INTEGER NOT NULL,       -- the run that sent it
    sealed BLOB NOT NULL        -- the address itself, AES-GCM
) WITHOUT ROWID;
"""


class Known(NamedTuple):
    """What the ledger knows of an address."""

    content: bytes
    outcome: int

    @property
    def arrived(self) -> bool:
        """Whether the contact was imported as it was sent."""
        return self.outcome == _CODES["imported"]


class Entry(NamedTuple):
    """What a run adds for one address."""

    digest: bytes
    content: bytes
    outcome: Outcome
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What became of one address."""

    outcome: Outcome
    run: str
    at: str


class Ledger:
    """An open ledger file; a new, empty one where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = sqlite3.connect(path)
        self._database.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16000;" + _SCHEMA
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    @property
    def key_version(self) -> str | None:
        """The version of the vault's secret that hashes and seals its addresses."""
        row = self._database.execute("SELECT value FROM about WHERE name = 'key_version'").fetchone()
        return row[0] if row else None

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM contact").fetchone()[0])

    def bucket(self, number: int) -> dict[bytes, Known]:
        """The addresses whose digest begins with this byte."""
        rows = self._database.execute(
            "SELECT address, content, outcome FROM contact WHERE address >= ? AND address < ?",
            (bytes([number]), bytes([number + 1]) if number < 255 else b"\xff" * 17),
        )
        return {address: Known(content, outcome) for address, content, outcome in rows}

    def history(self, digest: bytes) -> History | None:
        """What the ledger says of one address."""
        row = self._database.execute(
            "SELECT c.outcome, r.id, r.at FROM contact c JOIN run r ON r.number = c.run WHERE address = ?",
            (digest,),
        ).fetchone()
        return History(outcome=_OUTCOMES[row[0]], run=row[1], at=row[2]) if row else None

    def forget(self, digests: Iterable[bytes]) -> int:
        """Removes these addresses, so that nothing of them is left in the file; how many it knew."""
        database = self._database
        database.execute("PRAGMA secure_delete=ON")
        with database:
            return database.executemany(
                "DELETE FROM contact WHERE address = ?", ((digest,) for digest in digests)
            ).rowcount

    def record(self, run: str, at: str, entries: Iterable[Entry], keys: LedgerKeys) -> None:
        """Enters what a run did; recording it twice changes nothing."""
        database = self._database
        with database:
            database.execute("INSERT OR IGNORE INTO run (id, at) VALUES (?, ?)", (run, at))
            number = database.execute("SELECT number FROM run WHERE id = ?", (run,)).fetchone()[0]
            database.execute(
                "INSERT OR REPLACE INTO about (name, value) VALUES ('key_version', ?)", (keys.version,)
            )
            database.executemany(
                "INSERT OR REPLACE INTO contact VALUES (?, ?, ?, ?, ?)",
                (
                    (e.digest, e.content, _CODES[e.outcome], number, keys.seal(e.digest, e.address))
                    for e in entries
                ),
            )

    def rekey(self, old: LedgerKeys, new: LedgerKeys) -> None:
        """Hashes and seals every address under another version of the secret.

        The hashes of what was sent cannot be made anew, so this belongs to a full run, which records them
        again.
        """
        database = self._database
        with database, closing(database.cursor()) as cursor:
            cursor.execute("CREATE TABLE next AS SELECT * FROM contact WHERE 0")
            cursor.executemany("INSERT INTO next VALUES (?, ?, ?, ?, ?)", self._resealed(old, new))
            cursor.execute("DELETE FROM contact")
            cursor.execute("INSERT INTO contact SELECT * FROM next ORDER BY address")
            cursor.execute("DROP TABLE next")
            cursor.execute("UPDATE about SET value = ? WHERE name = 'key_version'", (new.version,))

    def _resealed(self, old: LedgerKeys, new: LedgerKeys) -> Iterator[tuple[bytes, bytes, int, int, bytes]]:
        rows = self._database.execute("SELECT address, content, outcome, run, sealed FROM contact")
        for digest, content, outcome, run, sealed in rows:
            address = old.unseal(digest, sealed)
            renewed = new.digest(address)
            yield renewed, content, outcome, run, new.seal(renewed, address)
