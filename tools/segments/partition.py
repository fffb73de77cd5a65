"""One partition as Customer Insights would write it: rows to CSV, CSV to the blocks of a blob."""

import asyncio
import base64
import csv
import io
from collections.abc import Sequence
from typing import Any, Final, Literal

from azure.storage.blob import BlobBlock
from azure.storage.blob.aio import BlobClient

type Quote = Literal["minimal", "all"]
"""Whether only the fields that need it are quoted, or all."""

_QUOTING: Final[dict[Quote, Literal[0, 1]]] = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}
BLOCK_CHARACTERS: Final = 4 * 1024 * 1024


def to_csv(rows: Sequence[Sequence[str]], *, quote: Quote, newline: str) -> str:
    """What the standard library's writer makes of `rows`; rows without special characters are only joined."""
    if quote == "all":
        text = "".join([f'"{'","'.join(row)}"{newline}' for row in rows])
        plain = text.count('"') == 2 * sum(map(len, rows))
    else:
        text = "".join([f"{','.join(row)}{newline}" for row in rows])
        gaps = sum(map(len, rows)) - len(rows)
        ends = text.count("\n") + text.count("\r")
        plain = '"' not in text and text.count(",") == gaps and ends == len(newline) * len(rows)
    return text if plain and all(len(row) > 1 for row in rows) else _to_csv_exactly(rows, quote, newline)


def _to_csv_exactly(rows: Sequence[Sequence[str]], quote: Quote, newline: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=_QUOTING[quote], lineterminator=newline).writerows(rows)
    return text.getvalue()


class PartitionFile:
    """One CSV blob, uploaded block by block."""

    def __init__(self, blob: BlobClient, quote: Quote, newline: str) -> None:
        self._blob = blob
        self._quote: Quote = quote
        self._newline = newline
        self._text: list[str] = []
        self._blocks: list[BlobBlock] = []
        self._upload: asyncio.Future[Any] | None = None

    async def write(self, rows: Sequence[Sequence[str]]) -> None:
        """Append `rows`; a block is uploaded when there is enough for one."""
        self._text.append(to_csv(rows, quote=self._quote, newline=self._newline))
        if sum(map(len, self._text)) >= BLOCK_CHARACTERS:
            await self._stage()
        await asyncio.sleep(0)

    async def _stage(self) -> None:
        """Begin to upload what is there, after the block before has arrived."""
        await self._arrived()
        block_id = base64.b64encode(f"{len(self._blocks):08}".encode()).decode()
        # As a stream, because aiohttp warns of large bodies given as bytes.
        data = io.BytesIO("".join(self._text).encode())
        self._upload = asyncio.ensure_future(self._blob.stage_block(block_id, data))
        self._blocks.append(BlobBlock(block_id))
        self._text = []

    async def _arrived(self) -> None:
        if self._upload:
            await self._upload

    async def close(self) -> None:
        """Upload the rest and make the blob visible."""
        if self._text:
            await self._stage()
        await self._arrived()
        await self._blob.commit_block_list(self._blocks)
