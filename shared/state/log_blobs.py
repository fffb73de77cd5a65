"""An append-only log of JSON lines, whose lines are facts.

Every line carries a random id. A conditional append that is refused reads the log back: if our lines are
there, the append succeeded and only its answer was lost; lines of another writer are facts too, and are
handed to the caller.
"""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

from azure.core.exceptions import HttpResponseError

from shared.errors import StateConflict, StateUnavailable
from shared.state.blobs import StateStore, translated

Line = dict[str, Any]

MAX_BLOCKS = 49_000
"""An append blob takes 50,000 blocks (Azure Storage limits); a part is closed a little before that."""
_ATTEMPTS = 5
"""For logs that have one writer at a time; another is the one it took over from."""


class Log:
    """One log: `<name>.ndjson`, then `<name>.1.ndjson` and so on.

    `attempts` is how often others may come first before an append gives up.
    """

    def __init__(self, store: StateStore, name: str, *, attempts: int = _ATTEMPTS) -> None:
        self._store = store
        self._name = name
        self._attempts = attempts
        self._part = 0
        self._size = 0
        self._exists = False
        self._blocks = 0

    async def read(self) -> list[Line]:
        """All lines in order; the next append goes behind them."""
        lines: list[Line] = []
        self._part = self._size = self._blocks = 0
        self._exists = False
        while (stored := await self._store.read(self._blob(self._part))) is not None:
            lines += [json.loads(line) for line in stored.data.splitlines()]
            self._size, self._exists, self._blocks = len(stored.data), True, stored.data.count(b"\n")
            # A block holds a line or more, so a part with fewer lines is not closed and has no next one.
            if self._blocks < MAX_BLOCKS or await self._store.read(self._blob(self._part + 1)) is None:
                break
            self._part += 1
        return lines

    async def append(self, lines: Sequence[Line]) -> list[Line]:
        """Adds the lines; gives the lines of other writers that were found on the way."""
        data = b"".join(json.dumps({"id": uuid4().hex} | line).encode() + b"\n" for line in lines)
        foreign: list[Line] = []
        for _ in range(self._attempts):
            if self._blocks >= MAX_BLOCKS:
                self._part, self._size, self._blocks, self._exists = self._part + 1, 0, 0, False
            if await self._try(data):
                return foreign
            tail = await self._tail()
            self._size += len(tail)
            if data in tail:
                return foreign + _lines(tail.replace(data, b""))
            foreign += _lines(tail)
        raise StateUnavailable(f"{self._name} is written by others all the time; it is tried again")

    async def delete(self) -> None:
        """Removes all parts."""
        part = 0
        while await self._store.read(self._blob(part)) is not None:
            await self._store.delete(self._blob(part))
            part += 1

    async def _try(self, data: bytes) -> bool:
        blob = self._store.client(self._blob(self._part))
        async with translated(self._name):
            if not self._exists:
                await self._make()
            try:
                answer = await blob.append_block(data, appendpos_condition=self._size)
            except HttpResponseError as error:
                # The SDK has no class of its own for AppendPositionConditionNotMet.
                if error.status_code in (409, 412):
                    return False
                raise
        self._size += len(data)
        self._blocks = int(str(answer["blob_committed_block_count"]))
        return True

    async def _make(self) -> None:
        blob = self._store.client(self._blob(self._part))
        try:
            async with translated(self._name):
                await blob.create_append_blob(if_none_match="*")
        except StateConflict:
            pass
        self._exists = True

    async def _tail(self) -> bytes:
        stored = await self._store.read(self._blob(self._part))
        return stored.data[self._size :] if stored else b""

    def _blob(self, part: int) -> str:
        return f"{self._name}.{part}.ndjson" if part else f"{self._name}.ndjson"


def _lines(data: bytes) -> list[Line]:
    return [json.loads(line) for line in data.splitlines()]


async def read_lines(store: StateStore, name: str) -> AsyncIterator[Line]:
    """The lines of a log for somebody who only reads."""
    for line in await Log(store, name).read():
        yield line
