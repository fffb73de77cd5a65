"""Previews: the real mapping over the first rows, masked."""

from typing import Any

import pytest

from shared.errors import InvalidInput, SegmentNotFound, Unavailable
from shared.exports.preview import Preview, Previewer
from shared.segments.rows import COLUMN_COUNT, Row
from tests.builders import custom_field, snapshot
from tests.unit.exports.stored import Account, Segments, World, draft

MAPPING = {"email": "EMail", "first_name": "FirstName", "fields": {"Field 7": "Score"}}


def person(number: int, **changes: str) -> Row:
    values = {
        "CustomerId": str(number),
        "EMail": f"p{number}@example.com",
        "FirstName": "Jane",
        "Score": "42",
        "Changed": "",
    } | changes
    return tuple(values[column] for column in ("CustomerId", "EMail", "FirstName", "Score", "Changed"))


async def preview(rows: list[Row], *, account: Account | None = None, **changes: Any) -> Preview:
    segments = Segments({"Vip": snapshot()}, {"Vip_1": rows})
    world = World(account=account or Account(fields_=[custom_field(7, "number")]), segments=segments)
    return await Previewer(checker=world.checker(), segments=segments).preview(draft(**changes))


async def test_contacts_are_shown_as_they_would_be_sent_and_masked() -> None:
    (shown,) = (await preview([person(1)], mapping=MAPPING)).segments

    assert shown.contacts[0].model_dump(exclude_none=True) == {
        "email": "p***@e***.com",
        "first_name": "J***",
        "fields": {"Field 7": "4***"},
    }
    assert (shown.segment, shown.snapshot, shown.rows) == ("Vip", "Vip-1", 1)


async def test_nothing_that_a_row_holds_is_shown_whole() -> None:
    rows = [person(1, FirstName="Josephine", EMail="josephine@secret-company.example", Score="31337")]

    text = (await preview(rows, mapping=MAPPING)).model_dump_json()

    assert not [value for value in ("osephine", "ecret", "1337") if value in text]


async def test_rows_that_would_be_rejected_are_counted_by_reason() -> None:
    rows = [person(1), person(2, EMail="nobody"), person(3, EMail=""), COLUMN_COUNT, person(5, EMail="")]

    (shown,) = (await preview(rows)).segments

    assert shown.rejected == {"address_invalid": 1, "address_missing": 2, "column_count": 1}
    assert (shown.rows, len(shown.contacts)) == (5, 1)


async def test_values_that_do_not_fit_their_field_are_counted_and_not_shown() -> None:
    (shown,) = (await preview([person(1, Score="much"), person(2)], mapping=MAPPING)).segments

    assert shown.unconverted == {"Field 7": 1}
    assert [contact.fields for contact in shown.contacts] == [{}, {"Field 7": "4***"}]


async def test_no_more_than_a_few_contacts_of_the_first_thousand_rows_are_looked_at() -> None:
    bad = [person(number, EMail="") for number in range(998)]

    (shown,) = (await preview([*bad, *map(person, range(998, 2000))])).segments

    assert (shown.rows, len(shown.contacts), shown.rejected) == (1000, 2, {"address_missing": 998})


async def test_five_contacts_are_enough() -> None:
    (shown,) = (await preview([person(number) for number in range(9)])).segments

    assert (shown.rows, len(shown.contacts)) == (9, 5)


async def test_a_column_that_is_not_there_is_told_and_left_out() -> None:
    (shown,) = (await preview([person(1)], mapping={"email": "EMail", "phone": "Phone"})).segments

    assert (shown.contacts[0].phone, len(shown.missing)) == (None, 1)
    assert "'Phone'" in shown.missing[0]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"mapping": {"email": "Mail"}}, "/mapping/email"),
        ({"mapping": {"email": "EMail", "fields": {"nothing": "Score"}}}, "/mapping/fields/nothing"),
        ({"segments": [{"name": "Vip"}, {"name": "Gone"}]}, "/segments/1/name"),
        ({"connection": None, "mapping": MAPPING}, "/connection"),
        ({"connection": "other", "mapping": MAPPING}, "/connection"),
    ],
)
async def test_what_cannot_be_shown_is_named_by_its_place(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await preview([person(1)], **changes)

    assert refused.value.pointer == pointer


async def test_without_custom_fields_no_account_is_asked() -> None:
    account = Account(fault=Unavailable("no answer"))

    assert (await preview([person(1)], account=account, connection=None)).segments[0].rows == 1
    assert account.asked == []


async def test_an_account_that_does_not_answer_is_not_the_callers_fault() -> None:
    with pytest.raises(Unavailable):
        await preview([person(1)], account=Account(fault=Unavailable("no answer")), mapping=MAPPING)


async def test_a_segment_that_is_gone_between_two_looks_is_named() -> None:
    segments = Segments({"Vip": SegmentNotFound("segment 'Vip' has no complete dated folder")})
    previewer = Previewer(checker=World(segments=segments).checker(), segments=segments)

    with pytest.raises(InvalidInput, match="no complete dated folder"):
        await previewer.preview(draft())
