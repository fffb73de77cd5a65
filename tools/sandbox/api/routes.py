"""Which function answers which endpoint."""

from collections.abc import Callable, Mapping

from tools.sandbox.account import Account
from tools.sandbox.api import bulk, catalogue, contact_lists, contacts, import_status, settings, sync
from tools.sandbox.calls import Answer, Call, message

_FIXED: Mapping[str, Callable[[Account, Call], Answer]] = {
    "GET users/me": settings.get_me,
    "GET settings/account": settings.get_settings_account,
    "GET groupLimits": settings.get_group_limits,
    "GET lists/exclusions": settings.get_exclusions,
    "GET lists": catalogue.get_lists,
    "GET fields": catalogue.get_fields,
    "GET tags": catalogue.get_tags,
    "POST import/bulk_import": bulk.post_bulk_import,
    "GET import/bulk_import": import_status.get_bulk_import,
    "GET import/info": import_status.get_import_info,
    "POST contact/sync": sync.post_contact_sync,
    "GET contacts": contacts.get_contacts,
    "GET contactLists": contact_lists.get_contact_lists,
    "POST contactLists": contact_lists.post_contact_list,
}
_WITH_ID: Mapping[str, Callable[[Account, Call, int], Answer]] = {
    "GET lists/{id}": catalogue.get_list,
    "GET contacts/{id}": contacts.get_contact,
    "DELETE contacts/{id}": contacts.delete_contact,
    "GET contacts/{id}/contactLists": contacts.get_contact_memberships,
}


def template(call: Call) -> str:
    """The endpoint with `{id}` for the number in its path, so that evidence can count it."""
    return " ".join((call.method, "/".join("{id}" if _is_id(part) else part for part in _parts(call))))


def route(account: Account, call: Call) -> Answer:
    """The answer of the endpoint; unknown ones are a 404."""
    endpoint = template(call)
    if endpoint in _FIXED:
        return _FIXED[endpoint](account, call)
    if endpoint in _WITH_ID:
        number = next(int(part) for part in _parts(call) if _is_id(part))
        return _WITH_ID[endpoint](account, call, number)
    return message("Not Found", 404)


def _parts(call: Call) -> list[str]:
    return call.path.split("/")


def _is_id(part: str) -> bool:
    return part.isascii() and part.isdecimal()
