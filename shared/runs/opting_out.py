"""Opting out: reading who unsubscribed from the lists whose opt-outs an export honours."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.connections.connection import Connection
from shared.contacts.addresses import normalise
from shared.errors import RateLimited, RequestRefused, Unavailable
from shared.plans.keys import LedgerKeys
from shared.runs.account import KeyedAccount
from shared.runs.asking import Asked, asking
from shared.runs.opt_outs import OptOuts
from shared.runs.record import Record
from shared.runs.services import RunServices
from shared.runs.signals import ENDS_SLICE
from shared.suppressions.hashes import Hashed, HashSet, Matcher

PLANS_ALONE = 60.0
"""Seconds of reading after which planning is left to a slice of its own, since it needs most of one."""


@dataclass(slots=True, kw_only=True)
class OptingOut:
    """Reads before a plan is made, so that nobody is sent who had opted out by then.

    A page has 100 addresses, and 3.6 of the 5 requests a second that ActiveCampaign allows are made: 360
    addresses a second, 100,000 in 5 minutes, a million in 46, and slower where other runs deliver to the
    account. So reading goes on from slice to slice, its hashes being kept in between. While the plan is made
    each takes about 100 bytes of memory.
    """

    services: RunServices
    record: Record
    connection: Connection
    lists: Sequence[int]
    deadline: float
    """When the slice has worked long enough, in epoch seconds."""
    matcher: Matcher | None = None
    """Once all is read: whether a normalised address opted out; None where no list is honoured."""
    _digests: set[bytes] = field(default_factory=set)
    _lists_read: int = 0
    _after: int = 0

    async def read(self) -> float | None:
        """Reads on: None once all is read, else the seconds after which another slice should go on.

        Raises ListNotFound and whatever else keeps the opt-outs from being known; then nothing may be
        planned. RateLimited and Unavailable lose nothing of what was read.
        """
        if not self.lists:
            return None
        keys = await self._resume()
        if self._is_more:
            delay = await self._read(keys)
            if delay is not None:
                return delay
        self.matcher = Hashed(keys.hashing, frozenset(self._digests))
        return None

    @property
    def _is_more(self) -> bool:
        return self._lists_read < len(self.lists)

    async def _resume(self) -> LedgerKeys:
        """Where an earlier slice ended, and the keys it hashed with."""
        found = await self.services.records.opt_outs.get(self.record.run.id)
        if found is None:
            return await self.services.keys(None)
        opt_outs = found.value
        self._digests = opt_outs.hashes.unpacked()
        self._lists_read, self._after = opt_outs.lists, opt_outs.after
        return await self.services.keys(opt_outs.hashes.key_version)

    async def _read(self, keys: LedgerKeys) -> float | None:
        began = time.time()
        async with asking(self.services, self.connection, self.record) as asked:
            if asked is None:
                return self.services.settings.wake_seconds
            try:
                delay = await self._pages(asked, keys)
            except (RateLimited, Unavailable):
                await self._keep(keys)
                raise
            await self._keep(keys)
        return 0.0 if delay is None and time.time() - began > PLANS_ALONE else delay

    async def _pages(self, asked: Asked, keys: LedgerKeys) -> float | None:
        while self._is_more:
            if asked.pause > ENDS_SLICE:
                return asked.pause
            if time.time() >= self.deadline:
                return 0.0
            await self._page(asked.account, keys)
        return None

    async def _page(self, account: KeyedAccount, keys: LedgerKeys) -> None:
        """One page; only an empty one is the last, since nothing says that others are full."""
        list_id, after = self.lists[self._lists_read], self._after
        if after == 0:
            await account.call(lambda client: client.mailing_list(list_id))
        page = await account.call(lambda client: client.unsubscribed(list_id, after))
        if not page.items:
            self._lists_read, self._after = self._lists_read + 1, 0
            return
        self._after = max(page.items)
        if self._after <= after:
            raise RequestRefused(
                f"ActiveCampaign gives the same contacts again and again for list {list_id}, so its opt-outs "
                "cannot be known; see honour_opt_outs_of"
            )
        self._digests.update(keys.digest(normalise(address)) for address in page.items.values())

    async def _keep(self, keys: LedgerKeys) -> None:
        self.record.lease.check()
        opt_outs = OptOuts(
            hashes=HashSet.of(keys.version, self._digests), lists=self._lists_read, after=self._after
        )
        blob = self.services.records.opt_outs_blob(self.record.run.id)
        await self.services.store.put(blob, opt_outs.model_dump_json().encode())
