"""The account a run talks to: its client, with the key read again when it is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.activecampaign.client import ActiveCampaign
from shared.errors import AccessDenied

_ATTEMPTS = 3
_PAUSE = 2.0
"""Seconds; ActiveCampaign is known to refuse good keys for a moment (API reference, bad credentials)."""


@dataclass(slots=True)
class KeyedAccount:
    """Calls with the key from the vault; a refused call is repeated with the newest key, then once more."""

    open: Callable[[bool], Awaitable[ActiveCampaign]]
    """Makes a client; True reads the key from the vault even if it is cached."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _client: ActiveCampaign | None = None

    async def call[T](self, request: Callable[[ActiveCampaign], Awaitable[T]]) -> T:
        """Raises AccessDenied once the newest key is refused too, and whatever else the client raises."""
        for attempt in range(1, _ATTEMPTS + 1):
            client = self._client = self._client or await self.open(attempt > 1)
            try:
                return await request(client)
            except AccessDenied:
                if attempt == _ATTEMPTS:
                    raise
                if self._client is client:
                    self._client = None
                await self.sleep(_PAUSE * (attempt - 1))
        raise AssertionError("the last attempt returns or raises")
