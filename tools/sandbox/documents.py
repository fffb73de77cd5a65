"""The JSON of users, lists, fields, tags, plan and exclusions, key by key as recorded or documented."""

from typing import Any

from tools.sandbox.calls import Call
from tools.sandbox.catalogue import CustomField, MailingList
from tools.sandbox.clock import offset_time, plain_time
from tools.sandbox.exclusions import Exclusion

type Document = dict[str, Any]

_USER_LINKS = (
    "lists", "userGroup", "dealGroupTotals", "dealGroupUsers", "configs", "dealConnection",
    "userConversationsPermission", "seatUser",
)  # fmt: skip
_LIST_LINKS = ("contactGoalLists", "user", "addressLists")

_LIST_CONSTANTS: Document = {
    "p_use_tracking": "1", "p_use_analytics_read": "0", "p_use_analytics_link": "0", "p_use_twitter": "0",
    "p_use_facebook": "0", "p_embed_image": "1", "p_use_captcha": "1", "send_last_broadcast": "0",
    "private": "0", "analytics_domains": None, "analytics_source": "", "analytics_ua": "",
    "twitter_token": "", "twitter_token_secret": "", "facebook_session": None, "carboncopy": None,
    "subscription_notify": None, "unsubscription_notify": None, "require_name": "0",
    "get_unsubscribe_reason": "0", "to_name": "Subscriber", "optinoptout": "1", "sender_name": "",
    "sender_addr1": "", "sender_addr2": "", "sender_city": "", "sender_state": "", "sender_zip": "",
    "sender_country": "", "sender_phone": "", "sender_url": "https://example.com",
    "sender_reminder": "You signed up on our website.", "fulladdress": None, "optinmessageid": "0",
    "optoutconf": "0", "deletestamp": None,
}  # fmt: skip
_FIELD_CONSTANTS: Document = {
    "descript": "", "isrequired": "0", "defval": "", "show_in_list": "0", "rows": "0", "cols": "0",
    "visible": "1", "service": "", "created_by": None, "updated_by": None,
}  # fmt: skip
_GROUP_LIMIT_CONSTANTS: Document = {
    "limitMail": "0", "limitMailType": "month", "limitList": "0", "limitCampaign": "0",
    "limitCampaignType": "month", "limitAttachment": "-1", "limitUser": "0", "abuseRatio": "4",
    "forceSenderInfo": "0",
}  # fmt: skip


def _links(call: Call, resource: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: call.link(f"{resource}/{name}") for name in names}


def user(call: Call) -> Document:
    """The owner of the key."""
    return {
        "username": "admin", "firstName": "Sandbox", "lastName": "Owner", "email": "owner@example.com",
        "phone": "", "signature": "", "localZoneid": "America/Bogota",
        "password_updated_utc_timestamp": "0000-00-00 00:00:00", "cdate": None, "udate": None,
        "mfaEnabled": "0", "links": _links(call, "users/1", _USER_LINKS), "id": "1",
    }  # fmt: skip


def mailing_list(call: Call, one: MailingList) -> Document:
    """A list."""
    return {
        "stringid": one.name.lower().replace(" ", "-"), "userid": "0", "name": one.name,
        "cdate": offset_time(one.created), **_LIST_CONSTANTS, "udate": offset_time(one.created),
        "created_timestamp": plain_time(one.created), "updated_timestamp": plain_time(one.created),
        "created_by": None, "updated_by": None, "links": _links(call, f"lists/{one.id}", _LIST_LINKS),
        "id": str(one.id), "user": None,
    }  # fmt: skip


def option_ids(fields: dict[int, CustomField]) -> dict[tuple[int, int], str]:
    """The ids of all options, by field id and position; they count through all fields."""
    places = [(one.id, position) for one in fields.values() for position in range(len(one.options))]
    return {place: str(number) for number, place in enumerate(places, start=1)}


def relation_ids(fields: dict[int, CustomField]) -> dict[tuple[int, int], str]:
    """The ids of all relations, by field id and list id (0: all lists)."""
    pairs = [(one.id, list_id) for one in fields.values() for list_id in one.lists]
    return {pair: str(number) for number, pair in enumerate(pairs, start=1)}


def custom_field(call: Call, one: CustomField, options: list[str], relations: list[str]) -> Document:
    """A custom field with the ids of its options and relations."""
    return {
        "title": one.title, "type": one.type, "perstag": one.perstag, **_FIELD_CONSTANTS,
        "ordernum": str(one.id), "cdate": offset_time(one.created), "udate": offset_time(one.created),
        "created_timestamp": plain_time(one.created), "updated_timestamp": plain_time(one.created),
        "options": options, "relations": relations,
        "links": _links(call, f"fields/{one.id}", ("options", "relations")), "id": str(one.id),
    }  # fmt: skip


def field_option(call: Call, one: CustomField, position: int, id: str) -> Document:
    """One choice of a field."""
    text = one.options[position]
    return {
        "field": str(one.id), "orderid": str(position + 1), "value": text, "label": text, "isdefault": "0",
        "cdate": offset_time(one.created), "udate": offset_time(one.created),
        "links": {"field": call.link(f"fieldOptions/{id}/field")}, "id": id,
    }  # fmt: skip


def field_relation(one: CustomField, list_id: int, id: str) -> Document:
    """That a field shows on a list (0: on all)."""
    return {
        "field": str(one.id), "relid": str(list_id), "dorder": "0",
        "cdate": offset_time(one.created), "links": [], "id": id,
    }  # fmt: skip


def tag(call: Call, name: str, id: int, created: float) -> Document:
    """A tag."""
    return {
        "tagType": "contact", "tag": name, "description": "", "cdate": offset_time(created),
        "links": {"contactGoalTags": call.link(f"tags/{id}/contactGoalTags")}, "id": str(id),
    }  # fmt: skip


def plan(call: Call, limit: int, total: int) -> Document:
    """The account's plan (settings/account, flat, real numbers)."""
    return {
        "account": call.origin.partition("//")[2], "email": "owner@example.com", "first_name": "Sandbox",
        "last_name": "Owner", "cname": "", "status": "active", "subscriber_limit": limit,
        "subscriber_total": total, "trial": False, "credits": None, "branding": False,
    }  # fmt: skip


def group_limit(call: Call, contacts: int) -> Document:
    """What the key's group may do; `limitContact` "0" means no limit."""
    return {
        "groupid": "1", "limitContact": str(contacts), **_GROUP_LIMIT_CONSTANTS,
        "links": {"group": call.link("groupLimits/1/group")}, "id": "1", "group": "1",
    }  # fmt: skip


def exclusion(one: Exclusion) -> Document:
    """An entry of the exclusion list."""
    return {
        "id": str(one.id), "matchPhrase": one.phrase, "matchType": one.match, "channel": "several",
        "hidden": False, "lists": [str(id) for id in one.lists],
    }  # fmt: skip
