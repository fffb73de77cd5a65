"""A plan's data in our container: staged chunks and rejections, written as they come."""

import asyncio
import base64
import csv
import io
from collections.abc import Iterable
from types import TracebackType
from typing import Self
from uuid import uuid4

from azure.storage.blob import BlobBlock

from shared.contacts.rejections import Rejection
from shared.state.blobs import StateStore, translated

_BLOCK_BYTES = 4 << 20
AT_ONCE_BYTES = 1 << 20
"""Up to so many, a blob is written in one request; aiohttp warns of more bytes in one go."""
_COLUMNS = ("segment", "primary_key", "position", "stage", "reason", "hint")


class BlockWriter:
    """A blob that becomes visible, whole, when the `async with` ends without an error.

    What is small goes in one request. Memory holds two blocks: one filling, one on its way. Several may
    write at once, each a piece of its own.
    """

    def __init__(self, store: StateStore, name: str) -> None:
        self._blob = store.client(name)
        self._name = name
        self._buffer = bytearray()
        self._prefix = uuid4().hex
        self._blocks: list[str] = []
        self._sending: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._written = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._commit()
        elif self._sending:
            self._sending.cancel()

    async def write(self, data: bytes) -> int:
        """Adds data at the end; where in the blob it begins."""
        async with self._turn:
            offset = self._written
            self._buffer += data
            self._written += len(data)
            if len(self._buffer) >= _BLOCK_BYTES:
                await self._flush()
        return offset

    async def _flush(self) -> None:
        if self._sending:
            await self._sending
        block = base64.b64encode(f"{self._prefix}{len(self._blocks):08}".encode()).decode()
        self._blocks.append(block)
        self._sending = asyncio.create_task(self._stage(block, bytes(self._buffer)))
        self._buffer.clear()
        await asyncio.sleep(0)

    async def _stage(self, block: str, data: bytes) -> None:
        async with translated(self._name):
            # As a stream, which aiohttp writes piece by piece.
            await self._blob.stage_block(block, io.BytesIO(data), length=len(data))

    async def _commit(self) -> None:
        if not self._blocks and len(self._buffer) <= AT_ONCE_BYTES:
            async with translated(self._name):
                await self._blob.upload_blob(bytes(self._buffer), overwrite=True)
            return
        if self._buffer:
            await self._flush()
        if self._sending:
            await self._sending
        async with translated(self._name):
            await self._blob.commit_block_list([BlobBlock(block) for block in self._blocks])


class RejectionWriter:
    """Rejections as CSV (RFC 4180), one line a profile, with a header."""

    def __init__(self, writer: BlockWriter, *, header: bool = True) -> None:
        self._writer = writer
        self._header = header

    async def write(self, rejections: Iterable[Rejection]) -> None:
        """Adds the rejections."""
        text = io.StringIO()
        rows = csv.writer(text)
        if self._header:
            rows.writerow(_COLUMNS)
            self._header = False
        rows.writerows(
            (r.segment, _inert(r.primary_key), r.position, r.stage, r.reason, r.hint) for r in rejections
        )
        await self._writer.write(text.getvalue().encode())


def _inert(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
