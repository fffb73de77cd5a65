"""What is received: the JSON of successful answers, as values.

Facts: ActiveCampaign API reference, bulk import, lists, custom fields, contacts, account. Numbers may come as
text (PHP). An answer of another shape raises KeyError, TypeError, ValueError or AttributeError.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from shared.activecampaign.model import (
    Accepted,
    AccountLimits,
    Contact,
    CustomField,
    Exclusion,
    FieldType,
    MailingList,
    Membership,
    MembershipStatus,
    Outcome,
    OutcomeState,
    Page,
    Queue,
    User,
)

type JsonObject = Mapping[str, Any]

_STATES: Mapping[str, OutcomeState] = {s: s for s in get_args(OutcomeState)}
_STATUSES: Mapping[str, MembershipStatus] = {"1": "subscribed", "2": "unsubscribed", "3": "unconfirmed"}
_FIELD_TYPES: Mapping[str, FieldType] = {t: t for t in get_args(FieldType)}


def user(answer: JsonObject) -> User:
    """GET users/me."""
    found = answer["user"]
    return User(user_id=int(found["id"]), username=str(found.get("username") or ""))


def account_limits(answer: JsonObject) -> AccountLimits:
    """GET settings/account."""
    return AccountLimits(
        subscriber_limit=_count_or_none(answer.get("subscriber_limit")),
        subscriber_total=_count_or_none(answer.get("subscriber_total")),
    )


def mailing_list(answer: JsonObject) -> MailingList:
    """GET lists/{id}."""
    return _mailing_list(answer["list"])


def lists_page(answer: JsonObject) -> Page[MailingList]:
    """GET lists."""
    lists = map(_mailing_list, answer["lists"])
    return Page(items={item.list_id: item for item in lists}, total=_total(answer))


def fields_page(answer: JsonObject) -> Page[CustomField]:
    """GET fields: the options of the page's fields stand beside them, in `fieldOptions`."""
    options = sorted(answer.get("fieldOptions") or [], key=_order)
    fields = [_custom_field(item, options) for item in answer["fields"]]
    return Page(items={item.field_id: item for item in fields}, total=_total(answer))


def accepted(answer: JsonObject, count: int) -> Accepted:
    """POST import/bulk_import; without `queued_contacts` all `count` contacts are taken as queued."""
    batch_id = answer["batchId"]
    if not isinstance(batch_id, str) or not batch_id:
        raise ValueError("an import without an id")
    return Accepted(batch_id=batch_id, queued=int(answer.get("queued_contacts", count)))


def outcome(answer: JsonObject) -> Outcome:
    """GET import/info: `status` is false, a state on the way, or one of the three ends."""
    state = _STATES.get(str(answer["status"]).lower(), "undecided")
    failures = answer.get("failure") or ()
    addresses = failures.values() if isinstance(failures, Mapping) else failures
    return Outcome(state=state, failures=tuple(str(address) for address in addresses))


def queue(answer: JsonObject) -> Queue:
    """GET import/bulk_import: a row a day, numbers as text."""
    outstanding, completed = answer["outstanding"] or (), answer.get("recentlyCompleted") or ()
    return Queue(
        outstanding_batches=sum(int(day["batches"]) for day in outstanding),
        outstanding_contacts=sum(int(day["contacts"]) for day in outstanding),
        completed_batches=sum(int(day["batches"]) for day in completed),
        completed_contacts=sum(int(day["contacts"]) for day in completed),
    )


def contact(answer: JsonObject) -> Contact | None:
    """GET contacts?email=…: the one contact of this address."""
    return next(map(_contact, answer["contacts"]), None)


def addresses_page(answer: JsonObject) -> Page[str]:
    """GET contacts: the addresses as they are written, by contact id."""
    contacts = answer["contacts"]
    return Page(items={int(item["id"]): str(item["email"] or "") for item in contacts}, total=_total(answer))


def exclusions_page(answer: JsonObject) -> Page[Exclusion | None]:
    """GET lists/exclusions: None for what concerns no mail, or matches in a way that is not documented."""
    items = answer["exclusions"]
    return Page(items={int(item["id"]): _exclusion(item) for item in items}, total=_total(answer))


def memberships_page(answer: JsonObject) -> Page[Membership]:
    """GET contacts/{id}/contactLists: numbers come as text or not."""
    rows = answer["contactLists"]
    return Page(items={int(row["list"]): _membership(row) for row in rows}, total=_total(answer))


def _count_or_none(value: Any) -> int | None:
    return int(value) if str(value).isdecimal() else None


def _total(answer: JsonObject) -> int | None:
    meta = answer.get("meta")
    return _count_or_none(meta.get("total")) if isinstance(meta, Mapping) else None


def _mailing_list(item: JsonObject) -> MailingList:
    return MailingList(list_id=int(item["id"]), name=str(item.get("name") or ""))


def _membership(row: JsonObject) -> Membership:
    return Membership(list_id=int(row["list"]), status=_STATUSES.get(str(row["status"]), "other"))


def _contact(item: JsonObject) -> Contact:
    return Contact(contact_id=int(item["id"]), bounced=bool(_count_or_none(item.get("bounced_hard"))))


def _exclusion(item: JsonObject) -> Exclusion | None:
    match, channel = item.get("matchType"), item.get("channel")
    phrase = str(item.get("matchPhrase") or "").lower()
    if not phrase or match not in ("exact", "end") or channel == "allSms":
        return None
    lists = frozenset(int(list_id) for list_id in item.get("lists") or ())
    return Exclusion(phrase=phrase, ends=match == "end", lists=lists)


def _order(option: JsonObject) -> int:
    return _count_or_none(option.get("orderid")) or 0


def _custom_field(item: JsonObject, options: Sequence[JsonObject]) -> CustomField:
    field_id = int(item["id"])
    own = [str(option["value"]) for option in options if str(option.get("field")) == str(field_id)]
    return CustomField(
        field_id=field_id,
        title=str(item.get("title") or ""),
        perstag=str(item.get("perstag") or "").strip("%"),
        type=_FIELD_TYPES.get(str(item.get("type")), "text"),
        options=tuple(own),
    )
