"""Custom fields by the names people know them by."""

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from shared.activecampaign.model import CustomField
from shared.errors import FieldNotFound


def find_field(name: str | int, fields: Sequence[CustomField]) -> CustomField:
    """The field of this id, personalisation tag or title; raises FieldNotFound.

    The first that fits, in this order: the id (12 or "12"), the tag in percent signs ("%CITY%", nothing
    else then), the bare tag, the exact title, the title in any case. Tags never mind case. Several fields
    of a name are an error: an id or a tag tells them apart.
    """
    wanted = str(name).strip()
    for fits in _ways(wanted):
        found = [field for field in fields if fits(field)]
        if len(found) > 1:
            raise FieldNotFound(_ambiguous(wanted, found))
        if found:
            return found[0]
    raise FieldNotFound(_unknown(wanted, fields))


def _ways(wanted: str) -> Iterable[Callable[[CustomField], bool]]:
    if len(wanted) > 2 and wanted.startswith("%") and wanted.endswith("%"):
        tag = wanted.strip("%").casefold()
        return [lambda field: field.perstag.casefold() == tag]
    folded = wanted.casefold()
    return [
        lambda field: str(field.field_id) == wanted,
        lambda field: field.perstag.casefold() == folded,
        lambda field: field.title.strip() == wanted,
        lambda field: field.title.strip().casefold() == folded,
    ]


def _ambiguous(wanted: str, found: Sequence[CustomField]) -> str:
    ids = ", ".join(str(field.field_id) for field in found)
    return f"ActiveCampaign has several custom fields named {wanted!r}: use one of the ids {ids}."


def _unknown(wanted: str, fields: Sequence[CustomField]) -> str:
    names = {
        name.casefold(): name for field in fields for name in (field.title, f"%{field.perstag}%") if name
    }
    close = get_close_matches(wanted.casefold(), names, n=3)
    if not close:
        return f"ActiveCampaign has no custom field {wanted!r}: create it there, or use the id of another."
    meant = " or ".join(repr(names[name]) for name in close)
    return f"ActiveCampaign has no custom field {wanted!r}: did you mean {meant}?"
