"""The staged chunks of a plan, read window by window."""

import json
from collections import OrderedDict
from collections.abc import Sequence

from shared.activecampaign.wire import bulk_body, decode_bulk_body
from shared.contacts.addresses import normalise
from shared.plans.chunks import Source, decode_body, decode_sources
from shared.plans.plan import ChunkIndex
from shared.state.blobs import StateStore

_WINDOW_BYTES = 4 << 20
_WINDOWS = 3


class ChunkReader:
    """Bodies and sources of chunks; neighbours come with one request."""

    def __init__(self, store: StateStore, name: str, index: ChunkIndex) -> None:
        self._store = store
        self._name = name
        self._index = index
        self._windows: OrderedDict[int, bytes] = OrderedDict()

    async def body(self, number: int) -> bytes:
        """The exact request body of a whole chunk."""
        staged = self._index[number]
        return decode_body(await self._read(staged.offset, staged.body))

    async def partial_body(self, number: int, places: Sequence[int], *, exclude_automations: bool) -> bytes:
        """A body with only these contacts of the chunk."""
        contacts = decode_bulk_body(await self.body(number))
        return bulk_body([contacts[place] for place in places], exclude_automations=exclude_automations)

    async def addresses(self, number: int) -> list[str]:
        """The normalised address of each contact of the chunk."""
        body = json.loads(await self.body(number))
        return [normalise(contact["email"]) for contact in body["contacts"]]

    async def sources(self, number: int) -> list[Source]:
        """The row behind each contact of the chunk."""
        staged = self._index[number]
        return decode_sources(await self._read(staged.offset + staged.body + 1, staged.sources))

    async def _read(self, offset: int, length: int) -> bytes:
        for start, window in self._windows.items():
            if start <= offset and offset + length <= start + len(window):
                return window[offset - start : offset - start + length]
        window = await self._store.read_range(self._name, offset, max(length, _WINDOW_BYTES))
        self._windows[offset] = window
        while len(self._windows) > _WINDOWS:
            self._windows.popitem(last=False)
        return window[:length]
