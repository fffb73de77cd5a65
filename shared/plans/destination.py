"""What a plan must know of the ActiveCampaign account before it reads a single row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.activecampaign.fields import find_field
from shared.activecampaign.model import AccountLimits, CustomField, MailingList
from shared.errors import FieldNotFound
from shared.exports.export import ExportContent
from shared.plans.guards import Allowance


class Lists(Protocol):
    """Tells whether a list exists."""

    async def mailing_list(self, list_id: int) -> MailingList: ...


class Account(Lists, Protocol):
    """The part of the ActiveCampaign client that a plan uses."""

    async def fields(self) -> Sequence[CustomField]: ...
    async def account(self) -> AccountLimits | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The lists exist, the fields are resolved; `fields` has the mapping's own names as keys."""

    fields: Mapping[str, CustomField]
    allowance: Allowance | None


async def check_lists(account: Lists, export: ExportContent) -> None:
    """Raises ListNotFound where a list of the export is not there; an import would not tell."""
    for list_id in sorted({segment.list_id or export.list_id for segment in export.segments}):
        await account.mailing_list(list_id)


async def check_destination(account: Account, export: ExportContent) -> Destination:
    """Verifies every list and resolves every custom field; nothing is sent.

    Raises ListNotFound, FieldNotFound and whatever the client raises.
    """
    await check_lists(account, export)
    fields = await account.fields() if export.mapping.fields else []
    resolved = {name: find_field(name, fields) for name in export.mapping.fields}
    _refuse_twins(resolved)
    return Destination(fields=resolved, allowance=_allowance(await account.account()))


def _refuse_twins(resolved: Mapping[str, CustomField]) -> None:
    seen: dict[int, str] = {}
    for name, field in resolved.items():
        if (other := seen.setdefault(field.field_id, name)) != name:
            raise FieldNotFound(f"{other!r} and {name!r} are the same custom field; map one of them")


def _allowance(limits: AccountLimits | None) -> Allowance | None:
    if limits is None or limits.subscriber_limit is None or limits.subscriber_total is None:
        return None
    return Allowance(limit=limits.subscriber_limit, total=limits.subscriber_total)
