"""Requests that are wrong in one place each, and what the answer must name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.contract.server import EXPORT
from tests.pipeline import MAPPING

MEBIBYTE = 1 << 20
STALE = {"If-Match": '"0x0"'}
CURRENT = "the ETag that GET gives"
"""Stands for it in If-Match."""
CONSENT = {"accepted": True, "accepted_by": "Ann", "text_version": "1"}
CONNECTION = {
    "display_name": "Another",
    "api_url": "https://acme.api-us1.com",
    "api_key": "a-key",
    "consent": CONSENT,
}
DAILY = {"kind": "daily", "times": ["07:00"], "time_zone": "Europe/Berlin"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A request, and the field that is at fault: its JSON pointer, or words that name it."""

    method: str
    path: str
    body: object = None
    headers: Mapping[str, str] | None = None
    status: int = 422
    pointer: str | None = None
    words: str | None = None


def export(pointer: str, **changes: Any) -> Malformed:
    return Malformed(method="POST", path="exports", body=EXPORT | changes, pointer=pointer)


def without(field: str) -> Malformed:
    body = {name: value for name, value in EXPORT.items() if name != field}
    return Malformed(method="POST", path="exports", body=body, pointer=f"/{field}")


def mapping(pointer: str, **changes: Any) -> Malformed:
    return export(f"/mapping{pointer}", mapping=MAPPING | changes)


def schedule(pointer: str, **changes: Any) -> Malformed:
    return export(f"/schedule{pointer}", schedule=DAILY | changes)


def connection(pointer: str, **changes: Any) -> Malformed:
    body = {name: value for name, value in (CONNECTION | changes).items() if value is not None}
    return Malformed(method="POST", path="connections", body=body, pointer=pointer)


def raw(words: str, body: bytes, status: int = 422, **headers: str) -> Malformed:
    return Malformed(
        status=status,
        method="POST",
        path="exports",
        body=body,
        headers={name.replace("_", "-"): text for name, text in headers.items()},
        words=words,
    )


def query(words: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Malformed:
    return Malformed(method=method, path=path, headers=headers, words=words)


def change(pointer: str, body: object) -> Malformed:
    headers = {"If-Match": CURRENT}
    return Malformed(method="PATCH", path="exports/vip", body=body, headers=headers, pointer=pointer)


def missing(path: str, words: str, method: str = "GET", body: object = None) -> Malformed:
    return Malformed(method=method, path=path, body=body, status=404, words=words)


def precondition(status: int, if_match: str | None, method: str = "PATCH") -> Malformed:
    return Malformed(
        method=method,
        path="exports/vip",
        body={"name": "Other"} if method == "PATCH" else None,
        headers={} if if_match is None else {"If-Match": if_match},
        status=status,
        words="If-Match",
    )


def asked(path: str, pointer: str, body: object) -> Malformed:
    return Malformed(method="POST", path=path, body=body, pointer=pointer)


BODIES = {
    "unfinished": raw("the body", b"{"),
    "no UTF-8": raw("UTF-8", b'{"name": "\xff"}'),
    "UTF-16": raw("UTF-8", '{"name": "VIP"}'.encode("utf-16")),
    "an array": raw("the body", b"[]"),
    "a text": raw("the body", b'"vip"'),
    "null": raw("the body", b"null"),
    "two documents": raw("the body", b"{} {}"),
    "a comment": raw("the body", b"{} // vip"),
    "NaN": raw("the body", b'{"list_id": NaN}'),
    "a number beyond all bounds": raw("1e999", b'{"list_id": 1e999}'),
    "a number of 5000 digits": raw("the body", b'{"list_id": ' + b"9" * 5000 + b"}"),
    "a field twice": raw("'list_id'", b'{"list_id": 1, "list_id": 2}'),
    "half a surrogate pair": raw("the body", b'{"name": "\\ud83d"}'),
    "too deep": raw("the body", b'{"a":' * 5000 + b"1" + b"}" * 5000),
    "too large": raw("4 MiB", b'{"name": "' + b"x" * 4 * MEBIBYTE + b'"}', status=413),
    "XML": raw("Content-Type", b"<export/>", status=415, Content_Type="application/xml"),
    "a form with files": raw(
        "Content-Type", b"{}", status=415, Content_Type="multipart/form-data; boundary=x"
    ),
    "another charset": raw(
        "Content-Type", b"{}", status=415, Content_Type="application/json; charset=utf-16"
    ),
    "a body that is not taken": Malformed(
        method="POST", path="runs", body={"dry_run": True}, words="the body"
    ),
    "a patch that is a list": Malformed(
        method="PATCH", path="exports/vip", body=["name"], headers=STALE, words="the body"
    ),
    "options that are a list": Malformed(
        method="POST", path="exports/vip/runs", body=[True], words="the body"
    ),
}

EXPORTS = {
    "no name": without("name"),
    "no mapping": without("mapping"),
    "no segments": without("segments"),
    "an empty name": export("/name", name=""),
    "a name of spaces": export("/name", name="   "),
    "a name of 201 characters": export("/name", name="x" * 201),
    "a name that is a number": export("/name", name=7),
    "an unknown connection": export("/connection", connection="nowhere"),
    "a list that is a text": export("/list_id", list_id="1"),
    "list 0": export("/list_id", list_id=0),
    "a list that is true": export("/list_id", list_id=True),
    "a list and a half": export("/list_id", list_id=1.5),
    "an enormous list": export("/list_id", list_id=10**30),
    "a list that does not exist": export("/list_id", list_id=999),
    "an empty list of segments": export("/segments", segments=[]),
    "a segment that is a number": export("/segments/0", segments=[7]),
    "a segment without a name": export("/segments/0/name", segments=[{"list_id": 1}]),
    "a segment that does not exist": export("/segments/0/name", segments=[{"name": "Nobody"}]),
    "a segment twice": export("/segments/1/name", segments=[{"name": "Vip"}, {"name": "Vip"}]),
    "a segment with a wrong tag": export("/segments/0/tags/1", segments=[{"name": "Vip", "tags": ["a", ""]}]),
    "no e-mail column": export("/mapping/email", mapping={"first_name": "FirstName"}),
    "a column that does not exist": mapping("/phone", phone="Fax"),
    "a field that does not exist": mapping("/fields/%CITY%", fields={"%CITY%": "City"}),
    "a field with a slash, mapped to a number": mapping("/fields/a~1b", fields={"a/b": 1}),
    "a mapping of something else": mapping("/fax", fax="Fax"),
    "an unknown field": export("/colour", colour="red"),
    "an unknown way with empty values": export("/when_empty", when_empty="drop"),
    "unknown automations": export("/automations", automations="sometimes"),
    "tags that are a text": export("/tags", tags="vip"),
    "a tag of 251 characters": export("/tags/0", tags=["x" * 251]),
    "51 tags": export("/tags", tags=[str(number) for number in range(51)]),
    "a guard below its bound": export("/guards/growth_factor", guards={"growth_factor": 0.5}),
    "a guard above its bound": export("/guards/rejected_share", guards={"rejected_share": 1.5}),
    "an unknown guard": export("/guards/mood", guards={"mood": 1}),
    "a full run every 0 days": export("/full_every_days", full_every_days=0),
    "a preference without a column": export("/prefer/column", prefer={"take": "greatest"}),
    "activity in words": export("/active", active="yes"),
    "opt-outs of list 0": export("/honour_opt_outs_of/0", honour_opt_outs_of=[0]),
    "a schedule of an unknown kind": schedule("/kind", kind="hourly"),
    "a schedule without times": schedule("/times", times=[]),
    "a schedule at 24:00": schedule("/times/0", times=["24:00"]),
    "a schedule in an unknown time zone": schedule("/time_zone", time_zone="Europe/Atlantis"),
    "a schedule by a wrong expression": export(
        "/schedule/expression", schedule={"kind": "cron", "expression": "61 * * * *", "time_zone": "UTC"}
    ),
    "a schedule on an unknown weekday": schedule("/weekdays/0", kind="weekly", weekdays=["caturday"]),
    "an id in upper case": export("/id", id="VIP"),
    "an id that is a path": export("/id", id="../vip"),
    "an id of 64 characters": export("/id", id="x" * 64),
    "a change of the id": change("/id", {"id": "other"}),
    "a change of who changed it": change("/updated_by", {"updated_by": "me"}),
    "a change that takes the name away": change("/name", {"name": None}),
    "a change of a list to a text": change("/list_id", {"list_id": "1"}),
    "a change of a column to one that does not exist": change(
        "/mapping/phone", {"mapping": {"phone": "Fax"}}
    ),
    "a copy with an id that is none": asked("exports/vip/duplicate", "/id", {"id": "The Copy"}),
}

CONNECTIONS = {
    "no name": connection("/display_name", display_name=None),
    "no address": connection("/api_url", api_url=None),
    "plain http": connection("/api_url", api_url="http://acme.api-us1.com"),
    "an address in a network of ours": connection("/api_url", api_url="https://10.0.0.1"),
    "an address with a password": connection("/api_url", api_url="https://ann:secret@acme.api-us1.com"),
    "another path": connection("/api_url", api_url="https://acme.api-us1.com/admin"),
    "no key": connection("/api_key", api_key=None),
    "two keys": connection("/api_key", api_key_secret="activecampaign-other"),
    "a key of two lines": connection("/api_key", api_key="one\r\ntwo"),
    "a secret of somebody else": connection("/api_key_secret", api_key=None, api_key_secret="ledger"),
    "no consent": connection("/consent", consent=None),
    "a consent that is none": connection("/consent/accepted", consent=CONSENT | {"accepted": False}),
    "a consent of nobody": connection(
        "/consent/accepted_by", consent={"accepted": True, "text_version": "1"}
    ),
    "a consent to no text": connection(
        "/consent/text_version", consent={"accepted": True, "accepted_by": "Ann"}
    ),
    "a limit over ActiveCampaign's": connection("/limits/bulk_per_minute", limits={"bulk_per_minute": 101}),
    "a limit below nothing": connection("/limits/requests_per_second", limits={"requests_per_second": -1}),
    "an id that is none": connection("/id", id="-main-"),
    "an unknown field": connection("/password", password="secret"),
}

OTHERS = {
    "a run that is dry in words": asked("exports/vip/runs", "/dry_run", {"dry_run": "yes"}),
    "a run with an unknown wish": asked("exports/vip/runs", "/soon", {"soon": True}),
    "an address that is missing": asked("exports/vip/contacts", "/email", {}),
    "an address that is a number": asked("exports/vip/contacts", "/email", {"email": 7}),
    "nobody to suppress": asked("suppressions", "/emails", {"emails": []}),
    "suppressing a text": asked("suppressions", "/emails", {"emails": "ann@example.com"}),
    "suppressing a number": asked("suppressions", "/emails/1", {"emails": ["ann@example.com", 7]}),
    "suppressing what is no address": asked("suppressions", "/emails/0", {"emails": ["ann"]}),
    "releasing nobody": asked("suppressions/remove", "/emails", {}),
    "a general schedule of nothing": Malformed(method="PUT", path="schedule", body={}, pointer="/schedule"),
    "a general schedule with a wrong time": Malformed(
        method="PUT",
        path="schedule",
        body={"schedule": DAILY | {"times": ["7 o'clock"]}},
        pointer="/schedule/times/0",
    ),
}

QUERIES = {
    "a page of none": query("limit", "runs?limit=0"),
    "a page too long": query("limit", "runs?limit=1000"),
    "a page of words": query("limit", "runs?limit=ten"),
    "two limits": query("limit", "runs?limit=1&limit=2"),
    "an unknown state": query("state", "runs?state=lost"),
    "an unknown parameter": query("color", "runs?color=red"),
    "a continuation of something else": query("continuation", "runs?continuation=../exports"),
    "a time without a zone": query("since", "runs?since=2026-01-15"),
    "an unknown order": query("sort", "exports?sort=colour"),
    "too many exports": query("limit", "exports?limit=101"),
    "a parameter where none is taken": query("verbose", "exports/vip?verbose=1"),
    "a parameter of a POST": query("dry_run", "exports/vip/runs?dry_run=true", "POST"),
    "an unknown end of exports": query("exports", "connections/main?exports=keep", "DELETE", STALE),
    "a search too long": query("search", f"segments?search={'x' * 300}"),
}

IDS = {
    "upper case": missing("exports/VIP", "id"),
    "a path": missing("exports/..%2F..%2Fconnections%2Fmain", "id"),
    "a folder above": missing("runs/..%2fexports%2fvip", "id"),
    "a file": missing("connections/main.json", "id"),
    "a space": missing("exports/vip%20", "id"),
    "a line break": missing("exports/vip%0A", "id"),
    "nothing": missing("exports/%00", "id"),
    "letters of elsewhere": missing("exports/%E2%98%83", "id"),
    "no UTF-8": missing("exports/%FF", "id"),
    "64 characters": missing(f"exports/{'x' * 64}", "id"),
    "no such export": missing("exports/nobody", "'nobody'"),
    "no such connection": missing("connections/nobody", "'nobody'"),
    "no such run": missing("runs/nobody", "'nobody'"),
    "no such segment": missing("segments/Nobody", "'Nobody'"),
    "a segment that is a path": missing("segments/..%2F..%2Fsecret", "secret"),
    "a run of no export": missing("exports/nobody/runs", "'nobody'", "POST"),
    "a retry of no run": missing("runs/nobody/retry", "'nobody'", "POST"),
}

PRECONDITIONS = {
    "none": precondition(428, None),
    "none for a removal": precondition(428, None, "DELETE"),
    "any version": precondition(428, "*"),
    "no quotes": precondition(422, "0x8DC"),
    "two versions": precondition(422, '"0x1", "0x2"'),
    "an empty version": precondition(422, '""'),
    "a weak version": precondition(412, 'W/"0x8DC"'),
}

GROUPS = {
    "body": BODIES,
    "export": EXPORTS,
    "connection": CONNECTIONS,
    "other": OTHERS,
    "query": QUERIES,
    "id": IDS,
    "If-Match": PRECONDITIONS,
}
