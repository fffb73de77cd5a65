"""What is asked of the suppressions over HTTP, and what is answered: addresses in, counts out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.contacts.addresses import HINTS, fault, normalise
from shared.errors import InvalidInput
from shared.suppressions.erasing import Eraser
from shared.suppressions.suppressions import Suppressions

_Email = Annotated[str, Field(min_length=1, max_length=320, examples=["ann@example.com"])]
_Emails = Annotated[list[_Email], Field(min_length=1, max_length=10_000)]


class Suppression(BaseModel):
    """Addresses that are never to be sent again."""

    model_config = ConfigDict(extra="forbid")

    emails: _Emails
    erase: bool = False
    """Also takes them out of every export's ledger, at once: what a request for erasure asks for."""


class Release(BaseModel):
    """Addresses that may be sent again."""

    model_config = ConfigDict(extra="forbid")

    emails: _Emails


class Suppressed(BaseModel):
    """What came of it; addresses that differ in spaces around them or in case are one."""

    added: int
    already_suppressed: int
    erased: int
    """Lines that were taken out of ledgers, one for each address and export."""
    total: int
    """Addresses that are suppressed now."""


class Released(BaseModel):
    """What came of it."""

    removed: int
    not_suppressed: int
    total: int
    """Addresses that are suppressed now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionEditor:
    """Suppresses, erases and releases."""

    suppressions: Suppressions
    eraser: Eraser

    async def add(self, wanted: Suppression) -> Suppressed:
        """Raises InvalidInput for the first thing that is no address."""
        addresses = _addresses(wanted.emails)
        changed = await self.suppressions.add(addresses)
        erased = await self.eraser.erase(addresses) if wanted.erase else 0
        return Suppressed(
            added=changed.count,
            already_suppressed=len(addresses) - changed.count,
            erased=erased,
            total=changed.total,
        )

    async def remove(self, wanted: Release) -> Released:
        """Raises InvalidInput for the first thing that is no address."""
        addresses = _addresses(wanted.emails)
        changed = await self.suppressions.remove(addresses)
        return Released(
            removed=changed.count, not_suppressed=len(addresses) - changed.count, total=changed.total
        )


def _addresses(emails: Sequence[str]) -> set[str]:
    """Normalised; a mistyped one would suppress nobody, and nobody would notice."""
    addresses = [normalise(email) for email in emails]
    for place, address in enumerate(addresses):
        if reason := fault(address):
            pointer = f"/emails/{place}"
            raise InvalidInput(f"{pointer} is no address that can be sent: {HINTS[reason]}", pointer=pointer)
    return set(addresses)
