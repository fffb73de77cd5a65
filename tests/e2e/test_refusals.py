"""What cannot be done is answered with a problem (RFC 9457) that says what would be right."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.scene import App, account
from tests.pipeline import MAPPING, people, row
from tools.deployment import ApiError
from tools.deployment.api import ENDED
from tools.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="package")

CONSENT = {"accepted": True, "accepted_by": "Ann", "text_version": "1"}
CONNECTION = {
    "id": "refused",
    "display_name": "Refused",
    "api_url": "https://acme.api-us1.com",
    "api_key": "a key",
    "consent": CONSENT,
}
EXPORT = {
    "id": "refused",
    "name": "Refused",
    "connection": "refusals",
    "list_id": 1,
    "segments": [{"name": "Vip"}],
    "mapping": MAPPING,
}
CURRENT = {"If-Match": "the version that GET gives"}
DEEP = b'{"a":' * 5000 + b"1" + b"}" * 5000
DEEPER_THAN_SANE = b'{"mapping":' * 900 + b"1" + b"}" * 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request, and the problem that answers it."""

    method: str
    path: str
    body: dict[str, Any] | bytes | None = None
    headers: dict[str, str] | None = None
    status: int
    kind: str
    pointer: str | None = None


def connection(pointer: str, *, kind: str = "invalid_input", status: int = 422, **changes: Any) -> Refusal:
    body = {name: value for name, value in (CONNECTION | changes).items() if value is not None}
    return Refusal(
        method="POST", path="connections", body=body, status=status, kind=kind, pointer=pointer or None
    )


def export(pointer: str, *, kind: str = "invalid_input", status: int = 422, **changes: Any) -> Refusal:
    body = {name: value for name, value in (EXPORT | changes).items() if value is not None}
    return Refusal(
        method="POST", path="exports", body=body, status=status, kind=kind, pointer=pointer or None
    )


def missing(method: str, path: str, body: dict[str, Any] | None = None) -> Refusal:
    return Refusal(method=method, path=path, body=body, status=404, kind="not_found")


def patch(body: dict[str, Any] | bytes, *, pointer: str | None = "") -> Refusal:
    return Refusal(
        method="PATCH",
        path="exports/refusals",
        body=body,
        headers=CURRENT,
        status=422,
        kind="invalid_input",
        pointer=pointer,
    )


REFUSALS = {
    "a connection without a host": connection("/api_url", api_url=None),
    "a connection over http": connection("/api_url", api_url="http://acme.api-us1.com"),
    "a connection into a private network": connection("/api_url", api_url="https://10.0.0.1"),
    "a connection to the metadata service": connection("/api_url", api_url="https://169.254.169.254"),
    "a connection to half a name": connection("/api_url", api_url="acme"),
    "a connection to a page of the host": connection("/api_url", api_url="https://acme.api-us1.com/admin"),
    "a connection without a key": connection("/api_key", api_key=None),
    "a connection with two keys": connection("/api_key", api_key_secret="activecampaign-x"),
    "a connection with another secret": connection(
        "/api_key_secret", api_key=None, api_key_secret="segment-export-ledger"
    ),
    "a connection with a secret that is not there": connection(
        "/api_key_secret", api_key=None, api_key_secret="activecampaign-nowhere"
    ),
    "a connection without consent": connection("/consent", consent=None),
    "a connection whose consent is refused": connection(
        "/consent/accepted", consent=CONSENT | {"accepted": False}
    ),
    "a connection that nobody consents to": connection(
        "/consent/accepted_by", consent={"accepted": True, "text_version": "1"}
    ),
    "a connection with an id that is no slug": connection("/id", id="../secrets"),
    "a connection with an id that is taken": connection("", id="refusals", kind="conflict", status=409),
    "a connection with a limit over ActiveCampaign's": connection(
        "/limits/bulk_per_minute", limits={"bulk_per_minute": 101}
    ),
    "a field that there is not": connection("/color", color="red"),
    "an export of an unknown connection": export("/connection", connection="nowhere"),
    "an export of no segment": export("/segments", segments=[]),
    "an export of a segment twice": export("/segments/1/name", segments=[{"name": "Vip"}, {"name": "Vip"}]),
    "an export without an e-mail column": export("/mapping/email", mapping={"first_name": "FirstName"}),
    "an export into list 0": export("/list_id", list_id=0),
    "an export into a list with a name": export("/list_id", list_id="Newsletter"),
    "an export with an id that is taken": export("", id="refusals", kind="conflict", status=409),
    "a body that is no JSON": Refusal(
        method="POST", path="exports", body=b"{", status=422, kind="invalid_input", pointer=""
    ),
    "a body that is no object": Refusal(
        method="POST", path="exports", body=b"[]", status=422, kind="invalid_input", pointer=""
    ),
    "a body that is no UTF-8": Refusal(
        method="POST", path="exports", body=b'{"name": "\xff"}', status=422, kind="invalid_input", pointer=""
    ),
    "a body without end": Refusal(
        method="POST", path="exports", body=DEEP, status=422, kind="invalid_input", pointer=""
    ),
    "a change that is no JSON": patch(b"{"),
    "a change that is no object": patch(b"[]"),
    "a change without end": patch(DEEP),
    "a change in too many layers": patch(DEEPER_THAN_SANE),
    "a change of what cannot be changed": patch(
        {"created_at": "2026-01-01T00:00:00Z"}, pointer="/created_at"
    ),
    "a change that takes away what is needed": patch({"name": None}, pointer="/name"),
    "a change without If-Match": Refusal(
        method="PATCH", path="exports/refusals", body={}, status=428, kind="precondition_required"
    ),
    "a change of an older version": Refusal(
        method="PATCH",
        path="exports/refusals",
        body={"name": "New"},
        headers={"If-Match": '"0x1"'},
        status=412,
        kind="precondition_failed",
    ),
    "an unknown connection": missing("GET", "connections/nowhere"),
    "an unknown export": missing("GET", "exports/nowhere"),
    "an export that is a path": missing("GET", "exports/..%2Fconnections%2Frefusals"),
    "an export that is another document": missing("GET", "exports/refusals%2Fstate"),
    "an export with an endless name": missing("GET", f"exports/{'a' * 2000}"),
    "a run of an unknown export": missing("POST", "exports/nowhere/runs", {}),
    "an unknown run": missing("GET", "runs/nowhere"),
    "the rejections of an unknown run": missing("GET", "runs/nowhere/rejections"),
    "cancelling an unknown run": missing("POST", "runs/nowhere/cancel", {}),
    "approving an unknown run": missing("POST", "runs/nowhere/approve", {"plan": "p"}),
    "retrying an unknown run": missing("POST", "runs/nowhere/retry", {}),
    "an option that a run has not": Refusal(
        method="POST",
        path="exports/refusals/runs",
        body={"fast": True},
        status=422,
        kind="invalid_input",
        pointer="/fast",
    ),
    "a history without end": Refusal(method="GET", path="runs?limit=1000", status=422, kind="invalid_input"),
    "a history of an unknown state": Refusal(
        method="GET", path="runs?state=lost", status=422, kind="invalid_input"
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def prepared(app: App) -> AsyncIterator[Sandbox]:
    """A connection and an export that are as they should be, both called `refusals`."""
    async with account(app, "refusals") as sandbox:
        await app.export_of("refusals", "refusals", 10)
        yield sandbox


async def version(app: App, path: str) -> dict[str, str]:
    """If-Match with the version as it is now."""
    api = app.deployment.api
    key = {"x-functions-key": api.key or ""}
    async with api.session.get(f"{api.url}/api/{path}", headers=key) as answer:
        return {"If-Match": answer.headers["ETag"]}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
async def test_the_problem_says_what_is_wrong(app: App, prepared: Sandbox, refusal: Refusal) -> None:
    headers = await version(app, refusal.path) if refusal.headers is CURRENT else refusal.headers

    with pytest.raises(ApiError) as caught:
        await app.deployment.api.call(refusal.method, refusal.path, refusal.body, headers)

    error = caught.value
    assert (error.status, error.content_type) == (refusal.status, "application/problem+json")
    assert error.problem["type"] == f"urn:segment-export:problem:{refusal.kind}"
    assert error.problem["status"] == refusal.status
    assert error.problem["title"] == refusal.kind.replace("_", " ")
    assert error.problem.get("pointer") == refusal.pointer
    assert len(error.problem["detail"]) > 10
    assert "a key" not in error.problem["detail"]


async def test_no_key_or_a_wrong_one_gets_nowhere(app: App) -> None:
    for key in (None, "wrong"):
        for path in ("health", "connections", "exports", "runs"):
            with pytest.raises(ApiError) as caught:
                await app.deployment.api_with(key).get(path)
            assert caught.value.status == 401


@pytest.mark.parametrize(
    ("name", "changes", "pointer", "word"),
    [
        ("no-list", {"list_id": 99}, "/list_id", "99"),
        ("no-segment", {"segments": [{"name": "Nobody"}]}, "/segments/0/name", "Nobody"),
        ("no-column", {"mapping": {"email": "Mail"}}, "/mapping/email", "Mail"),
        (
            "no-field",
            {"mapping": MAPPING | {"fields": {"Colour": "City"}}},
            "/mapping/fields/Colour",
            "Colour",
        ),
    ],
)
async def test_an_export_is_not_saved_with_what_is_not_there(
    app: App, prepared: Sandbox, name: str, changes: dict[str, Any], pointer: str, word: str
) -> None:
    with pytest.raises(ApiError) as caught:
        await app.export_of(name, "refusals", 10, **changes)

    assert (caught.value.status, caught.value.problem["pointer"]) == (422, pointer)
    assert word in caught.value.problem["detail"]


async def test_a_run_fails_at_a_list_that_is_gone_since(app: App, prepared: Sandbox) -> None:
    list_id = prepared.add_list("Doomed")
    await app.export_of("no-list", "refusals", 10, list_id=list_id)
    prepared.account.directory.delete_list(list_id)

    run = await app.run("no-list")

    assert (run["state"], run["problem"]["code"]) == ("failed", "list_not_found")
    assert str(list_id) in run["problem"]["message"]
    assert prepared.evidence()["batches_accepted"] == 0
    assert await app.leftovers("no-list", run["id"]) == []


async def test_a_run_with_a_wrong_key_fails_and_does_not_show_it(app: App, prepared: Sandbox) -> None:
    await app.deployment.connect(prepared.url, "not-the-key-at-all", "wrong-key")
    await app.export_of("wrong-key", "wrong-key", 10)

    run = await app.run("wrong-key")

    assert (run["state"], run["problem"]["code"]) == ("failed", "access_denied")
    assert "not-the-key-at-all" not in str(run)


async def test_a_run_against_a_host_that_is_something_else_fails(app: App) -> None:
    await app.deployment.connect(app.deployment.host.url, "a key", "wrong-host")
    await app.export_of("wrong-host", "wrong-host", 10)

    run = await app.run("wrong-host")

    assert (run["state"], run["problem"]["code"]) == ("failed", "wrong_address")
    assert "API URL" in run["problem"]["message"]


async def test_only_the_plan_that_was_seen_can_be_approved(app: App, prepared: Sandbox) -> None:
    await app.write("held", [*people(5), *(row(number, EMail="") for number in range(5, 10))])
    await app.export("held", "refusals")
    held = await app.run("held")
    assert (held["state"], held["counts"]["imported"]) == ("held", 0)

    with pytest.raises(ApiError) as caught:
        await app.deployment.api.post(f"runs/{held['id']}/approve", {"plan": "another"})

    assert caught.value.status == 409
    await app.deployment.api.post(f"runs/{held['id']}/approve", {"plan": held["plan"]})
    ended = await app.deployment.api.run_until(held["id"], lambda found: found["state"] in ENDED)
    assert (ended["state"], ended["counts"]["imported"]) == ("completed_with_warnings", 5)


@pytest.mark.parametrize(("order", "body"), [("cancel", {}), ("approve", {"plan": "p"})])
async def test_a_run_that_is_over_takes_no_orders(
    app: App, prepared: Sandbox, order: str, body: dict[str, str]
) -> None:
    run = await app.run("refusals")

    with pytest.raises(ApiError) as caught:
        await app.deployment.api.post(f"runs/{run['id']}/{order}", body)

    assert caught.value.status == 409
