"""Looking into the ActiveCampaign account of a connection."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.activecampaign.model import CustomField, FieldType, MailingList
from shared.connections.connection import Connection
from shared.runs.account import KeyedAccount
from shared.runs.services import RunServices


class BrowseQuery(BaseModel):
    """What is looked for."""

    model_config = ConfigDict(extra="forbid")

    search: Annotated[
        str | None, Field(max_length=200, description="A part of the name, in any case of letters")
    ] = None


class ListItem(BaseModel):
    """A list of the account."""

    list_id: int
    name: str


class AccountLists(BaseModel):
    """The lists that the key's user may see, by name."""

    lists: list[ListItem]


class FieldItem(BaseModel):
    """A custom field of contacts; an export maps it by id, tag or title."""

    field_id: int
    title: str
    tag: Annotated[str, Field(examples=["%CITY%"])]
    type: FieldType
    options: list[str]
    """The texts that a dropdown, radio, checkbox or listbox takes."""


class AccountFields(BaseModel):
    """The custom fields of the account's contacts, by title."""

    fields: list[FieldItem]


@dataclass(frozen=True, slots=True)
class AccountBrowser:
    """Reads whole collections, however many pages they have, outside of the account's turns."""

    services: RunServices

    async def lists(self, connection: Connection, query: BrowseQuery) -> AccountLists:
        """Raises ActiveCampaignError."""
        found = await self._account(connection).call(lambda client: client.lists())
        shown = [_list(item) for item in found if _fits(query, item.name)]
        return AccountLists(lists=sorted(shown, key=lambda item: (item.name.casefold(), item.list_id)))

    async def fields(self, connection: Connection, query: BrowseQuery) -> AccountFields:
        """Raises ActiveCampaignError."""
        found = await self._account(connection).call(lambda client: client.fields())
        shown = [_field(item) for item in found if _fits(query, item.title, f"%{item.perstag}%")]
        return AccountFields(fields=sorted(shown, key=lambda item: (item.title.casefold(), item.field_id)))

    def _account(self, connection: Connection) -> KeyedAccount:
        return self.services.open_account(connection, self.services.browsing(), lambda: None)


def _fits(query: BrowseQuery, *names: str) -> bool:
    wanted = (query.search or "").strip().casefold()
    return any(wanted in name.casefold() for name in names)


def _list(item: MailingList) -> ListItem:
    return ListItem(list_id=item.list_id, name=item.name)


def _field(item: CustomField) -> FieldItem:
    return FieldItem(
        field_id=item.field_id,
        title=item.title,
        tag=f"%{item.perstag}%",
        type=item.type,
        options=list(item.options),
    )
