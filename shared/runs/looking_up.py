"""Looking up why an import leaves a contact out, with requests that only read.

The reasons there are: the account's limit of contacts, the exclusion list, a bounce, an opt-out from the list
(API reference, bulk import). The first two are asked for once, the others for each contact.
"""

from collections.abc import Collection
from dataclasses import dataclass

from shared.activecampaign.client import PAGE_SIZE, ActiveCampaign
from shared.activecampaign.model import Exclusion
from shared.runs.account import KeyedAccount

EXCLUSION_PAGES = 100
"""Of 100 phrases each; whoever only a later one excludes stays without a reason."""


@dataclass(slots=True)
class LookUp:
    """Finds reasons in one account; raises whatever the client raises."""

    account: KeyedAccount
    _exclusions: list[Exclusion] | None = None
    _is_full: bool | None = None

    async def reason(self, address: str, lists: Collection[int]) -> str:
        """Why a normalised address is not put on these lists, as `code: detail`; "" where nothing tells."""
        if self._exclusions is None:
            self._exclusions = await self._read_exclusions()
        if any(exclusion.applies(address, lists) for exclusion in self._exclusions):
            return "excluded"
        contact = await self.account.call(lambda client: client.find_contact(address))
        if contact is None:
            return "contact_limit" if await self._full() else ""
        if contact.bounced:
            return "bounced"
        memberships = await self.account.call(lambda client: client.memberships(contact.contact_id))
        left = [one.list_id for one in memberships if one.status == "unsubscribed" and one.list_id in lists]
        return f"unsubscribed: list {min(left)}" if left else ""

    async def _read_exclusions(self) -> list[Exclusion]:
        found: dict[int, Exclusion | None] = {}
        for number in range(EXCLUSION_PAGES):
            page = await self.account.call(lambda client: client.exclusions(number * PAGE_SIZE))  # noqa: B023
            found |= page.items
            if page.is_last((number + 1) * PAGE_SIZE, PAGE_SIZE):
                break
        return [exclusion for exclusion in found.values() if exclusion]

    async def _full(self) -> bool:
        """Whether the account has as many contacts as it may have, so that it takes no new ones."""
        if self._is_full is None:
            limits = await self.account.call(ActiveCampaign.account)
            self._is_full = limits is not None and limits.is_full
        return self._is_full
