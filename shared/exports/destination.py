"""Whether an account has the lists and custom fields that a draft names."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from shared.activecampaign.fields import find_field
from shared.activecampaign.model import CustomField, MailingList
from shared.errors import FieldNotFound
from shared.exports.drafts import ExportDraft
from shared.exports.export import Mapping
from shared.exports.remarks import Remarks

_SHOWN = 10


def check_lists(draft: ExportDraft, lists: Sequence[MailingList], found: Remarks) -> dict[str, int]:
    """Every list must be there; the ids of those that are given by name."""
    known = {one.list_id for one in lists}
    for place, list_id in draft.list_ids():
        if list_id not in known:
            found.refuse(f"ActiveCampaign has no list {list_id}; {_there_are(lists)}", *place)
    ids: dict[str, int] = {}
    for place, name in draft.list_names():
        fitting = _named(name, lists)
        if len(fitting) == 1:
            ids[name] = fitting[0].list_id
        else:
            found.refuse(_unclear(name, fitting, lists), *place)
    return ids


def refuse_list_names(draft: ExportDraft, why: str, found: Remarks) -> None:
    """Where no account can be asked, a name leads to no id."""
    for place, name in draft.list_names():
        found.refuse(f"the list {name!r} cannot be looked up by its name {why}", *place)


def check_fields(mapping: Mapping, fields: Sequence[CustomField], found: Remarks) -> dict[str, CustomField]:
    """Every custom field must be there, and be mapped once; the fields by the mapping's names for them."""
    resolved: dict[str, CustomField] = {}
    seen: dict[int, str] = {}
    for name in mapping.fields:
        try:
            field = find_field(name, fields)
        except FieldNotFound as error:
            found.refuse(str(error), "mapping", "fields", name)
            continue
        if (other := seen.setdefault(field.field_id, name)) != name:
            message = f"{other!r} and {name!r} are the same custom field; map one of them"
            found.refuse(message, "mapping", "fields", name)
        resolved[name] = field
    return resolved


def _named(name: str, lists: Iterable[MailingList]) -> list[MailingList]:
    """The lists of exactly this name, else those of this name in any case."""
    exact = [one for one in lists if one.name.strip() == name]
    return exact or [one for one in lists if one.name.strip().casefold() == name.casefold()]


def _unclear(name: str, fitting: Sequence[MailingList], lists: Sequence[MailingList]) -> str:
    if fitting:
        ids = ", ".join(str(one.list_id) for one in fitting)
        return f"ActiveCampaign has several lists named {name!r}; give one of their ids {ids} as list_id"
    close = get_close_matches(name.casefold(), [one.name.casefold() for one in lists], n=3)
    near = [one for one in lists if one.name.casefold() in close]
    return f"ActiveCampaign has no list named {name!r}; {_there_are(near or lists)}"


def _there_are(lists: Sequence[MailingList]) -> str:
    if not lists:
        return "this key sees no list at all"
    shown = ", ".join(f"{one.list_id} ({one.name})" for one in lists[:_SHOWN])
    return f"there are {shown}" + (" and others" if len(lists) > _SHOWN else "")
