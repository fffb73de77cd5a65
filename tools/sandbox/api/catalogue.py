"""Lists, custom fields and tags, to read."""

from tools.sandbox.account import Account
from tools.sandbox.api.paging import MAX_PAGE, page
from tools.sandbox.calls import Answer, Call, answer, errors, not_found
from tools.sandbox.catalogue import CustomField
from tools.sandbox.documents import (
    custom_field,
    field_option,
    field_relation,
    mailing_list,
    option_ids,
    relation_ids,
    tag,
)

_FORBIDDEN = "You do not have permission to view lists."


def _no_view() -> Answer:
    return errors(403, status=403, title="Forbidden", detail=_FORBIDDEN)


def get_lists(account: Account, call: Call) -> Answer:
    """GET lists, with `filters[name]` (exact)."""
    if not account.knobs.may_view_lists:
        return _no_view()
    name = call.query.get("filters[name]")
    lists = [one for one in account.directory.catalogue.lists.values() if name in (None, one.name)]
    shown = [mailing_list(call, one) for one in page(call, lists)]
    return answer({"lists": shown, "meta": {"total": str(len(lists))}})


def get_list(account: Account, call: Call, id: int) -> Answer:
    """GET lists/{id}."""
    if not account.knobs.may_view_lists:
        return _no_view()
    one = account.directory.catalogue.lists.get(id)
    return not_found("_List", id) if one is None else answer({"list": mailing_list(call, one)})


def get_fields(account: Account, call: Call) -> Answer:
    """GET fields with their options and relations; 100 a page unless told otherwise."""
    perstag = call.query.get("filters[perstag]")
    fields = account.directory.catalogue.fields
    chosen = [one for one in fields.values() if perstag in (None, one.perstag)]
    shown = page(call, chosen, default=MAX_PAGE)
    document = _with_choices(call, fields, shown)
    return answer({**document, "meta": {"total": str(len(chosen)), "selected": None}})


def _with_choices(
    call: Call, fields: dict[int, CustomField], shown: list[CustomField]
) -> dict[str, list[dict[str, object]]]:
    options, relations = option_ids(fields), relation_ids(fields)
    choices = [(one, position) for one in shown for position in range(len(one.options))]
    places = [(one, list_id) for one in shown for list_id in one.lists]
    return {
        "fieldOptions": [field_option(call, one, at, options[one.id, at]) for one, at in choices],
        "fieldRels": [field_relation(one, at, relations[one.id, at]) for one, at in places],
        "fields": [
            custom_field(
                call,
                one,
                [options[one.id, position] for position in range(len(one.options))],
                [relations[one.id, list_id] for list_id in one.lists],
            )
            for one in shown
        ],
    }


def get_tags(account: Account, call: Call) -> Answer:
    """GET tags, with `search` (contains) and `filters[search][eq]` (exact)."""
    search, exact = call.query.get("search", ""), call.query.get("filters[search][eq]")
    catalogue = account.directory.catalogue
    tags = [item for item in catalogue.tags.items() if search in item[0] and exact in (None, item[0])]
    shown = [tag(call, name, id, catalogue.tag_times[id - 1]) for name, id in page(call, tags)]
    return answer({"tags": shown, "meta": {"total": str(len(tags))}})
