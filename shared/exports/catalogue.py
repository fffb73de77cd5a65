"""What an ActiveCampaign account offers to write to: its lists and custom fields."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.activecampaign.model import CustomField, MailingList
from shared.activecampaign.pacing import Pacer
from shared.connections.connection import Connection
from shared.errors import Unavailable
from shared.runs.services import OpenAccount

_PATIENCE = 30.0
"""Seconds; somebody waits for the answer."""


class Account(Protocol):
    """The part of the ActiveCampaign client that tells what there is."""

    async def lists(self) -> list[MailingList]: ...
    async def fields(self) -> list[CustomField]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All lists that the connection's key may see, and the custom fields where they were asked for."""

    lists: Sequence[MailingList]
    fields: Sequence[CustomField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogues:
    """Reads catalogues, at a pace that leaves the account's limits to its runs."""

    open_account: OpenAccount
    browsing: Callable[[], Pacer]

    async def read(self, connection: Connection, *, with_fields: bool) -> Catalogue:
        """Raises ActiveCampaignError, and what keeps the key from being read."""
        account = self.open_account(connection, self.browsing(), lambda: None)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await account.call(lambda client: _read(client, with_fields=with_fields))
        except TimeoutError as error:
            raise Unavailable(f"ActiveCampaign did not answer within {_PATIENCE:.0f} seconds") from error


async def _read(account: Account, *, with_fields: bool) -> Catalogue:
    if not with_fields:
        return Catalogue(lists=await account.lists(), fields=())
    lists, fields = await asyncio.gather(account.lists(), account.fields())
    return Catalogue(lists=lists, fields=fields)
