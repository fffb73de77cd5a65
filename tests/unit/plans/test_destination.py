from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from shared.activecampaign.model import AccountLimits, CustomField, MailingList
from shared.errors import FieldNotFound, ListNotFound
from shared.plans.destination import check_destination
from shared.plans.guards import Allowance
from tests.builders import content, custom_field


@dataclass(slots=True)
class Account:
    """An account with these lists and fields."""

    lists: Sequence[int] = (1,)
    its_fields: Sequence[CustomField] = ()
    limits: AccountLimits | None = None
    asked: list[object] = field(default_factory=list)

    async def mailing_list(self, list_id: int) -> MailingList:
        self.asked.append(list_id)
        if list_id not in self.lists:
            raise ListNotFound(f"no list {list_id}")
        return MailingList(list_id=list_id, name="Newsletter")

    async def fields(self) -> Sequence[CustomField]:
        self.asked.append("fields")
        return self.its_fields

    async def account(self) -> AccountLimits | None:
        return self.limits


def mapped(*names: str) -> dict[str, object]:
    return {"email": "EMail", "fields": dict.fromkeys(names, "City")}


async def test_every_list_that_a_segment_goes_to_is_looked_for_once() -> None:
    account = Account(lists=(2, 3))
    segments = [{"name": "a", "list_id": 3}, {"name": "b", "list_id": 2}, {"name": "c", "list_id": 3}]

    await check_destination(account, content(segments=segments, list_id=9))

    assert account.asked == [2, 3]


async def test_a_list_that_is_not_there_is_found_out_before_anything_is_sent() -> None:
    with pytest.raises(ListNotFound):
        await check_destination(Account(), content(list_id=7))


async def test_fields_are_found_by_id_tag_and_title_and_keep_the_names_of_the_mapping() -> None:
    fields = [custom_field(7), custom_field(8), custom_field(9)]
    export = content(mapping=mapped("7", "FIELD_8", "Field 9"))

    found = await check_destination(Account(its_fields=fields), export)

    assert {name: one.field_id for name, one in found.fields.items()} == {"7": 7, "FIELD_8": 8, "Field 9": 9}


async def test_a_field_that_is_not_there_is_named() -> None:
    with pytest.raises(FieldNotFound, match="CITY"):
        await check_destination(Account(its_fields=[custom_field(7)]), content(mapping=mapped("CITY")))


async def test_two_names_of_one_field_are_refused() -> None:
    with pytest.raises(FieldNotFound, match="the same custom field"):
        await check_destination(
            Account(its_fields=[custom_field(7)]), content(mapping=mapped("7", "FIELD_7"))
        )


@pytest.mark.parametrize(
    ("limits", "allowance"),
    [
        (None, None),
        (AccountLimits(subscriber_limit=None, subscriber_total=5), None),
        (AccountLimits(subscriber_limit=10, subscriber_total=None), None),
        (AccountLimits(subscriber_limit=10, subscriber_total=5), Allowance(limit=10, total=5)),
        (AccountLimits(subscriber_limit=0, subscriber_total=0), Allowance(limit=0, total=0)),
    ],
)
async def test_the_allowance_is_known_only_where_both_numbers_are(
    limits: AccountLimits | None, allowance: Allowance | None
) -> None:
    found = await check_destination(Account(limits=limits), content())

    assert found.allowance == allowance
