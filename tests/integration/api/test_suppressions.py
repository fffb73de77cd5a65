"""Suppressions and what became of one address, over HTTP."""

import json
from typing import Any

import pytest
import pytest_asyncio
from azure.storage.blob.aio import ContainerClient

from shared.plans.keys import LedgerKeys
from shared.plans.ledger import Entry, Ledger, Outcome
from tests.builders import NOW
from tests.integration.api.answers import Answered, ask
from tests.integration.api.conftest import signed_in
from tests.pipeline import MAPPING
from tools.deployment import Api, Deployment
from tools.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

SENT = "sent@example.com"
FAILED = "failed@example.com"
RUN = "0" * 20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def viewer(deployment: Deployment) -> Api:
    return signed_in(deployment, "Viewer", "eve@example.org")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(deployment: Deployment, administrator: Api, sandbox: Sandbox) -> Deployment:
    """Two exports, one of them on a connection that is shared with contributors."""
    for name, shared in (("open", True), ("closed", False)):
        await administrator.post(
            "connections",
            {
                "id": name,
                "display_name": name,
                "api_url": sandbox.url,
                "api_key": sandbox.api_key,
                "allow_contributors": shared,
                "consent": {"accepted": True, "text_version": "1"},
            },
        )
        wanted = {
            "id": name,
            "name": name,
            "connection": name,
            "list_id": 1,
            "segments": [{"name": "Vip"}],
            "mapping": MAPPING,
        }
        await administrator.post("exports", wanted)
    return deployment


@pytest_asyncio.fixture(loop_scope="module")
async def ledgers(scene: Deployment, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The ledger of each export knows somebody who arrived and somebody who failed."""
    secret = scene.tenant.vault.secrets.get("segment-export-ledger")
    keys = LedgerKeys.derive(secret.value, secret.version)
    path = tmp_path_factory.mktemp("ledger") / "ledger"
    outcomes: dict[str, Outcome] = {SENT: "imported", FAILED: "failed"}
    with Ledger(path) as ledger:
        entries = [
            Entry(digest=keys.digest(address), content=b"c" * 16, outcome=outcome, address=address)
            for address, outcome in outcomes.items()
        ]
        ledger.record(RUN, NOW.isoformat(), entries, keys)
    for export in ("open", "closed"):
        await scene.state.upload_blob(f"ledger/{export}", path.read_bytes(), overwrite=True)


async def suppress(api: Api, *emails: str, **options: Any) -> Answered:
    return await ask(api, "POST", "suppressions", {"emails": emails, **options})


async def release(api: Api, *emails: str) -> Answered:
    return await ask(api, "POST", "suppressions/remove", {"emails": emails})


async def history(api: Api, email: str, export: str = "open") -> Answered:
    return await ask(api, "POST", f"exports/{export}/contacts", {"email": email})


async def audited(deployment: Deployment) -> bytes:
    """The whole audit log."""
    container = deployment.settings()["AUDIT_CONTAINER"]
    async with ContainerClient.from_connection_string(
        deployment.azurite.connection_string, container
    ) as client:
        names = [name async for name in client.list_blob_names()]
        return b"".join([await (await client.download_blob(name)).readall() for name in names])


async def test_addresses_are_added_and_removed_in_any_spelling(scene: Deployment, administrator: Api) -> None:
    added = await suppress(administrator, "Ann@Example.com", " ann@example.com ", "bob@example.com")
    again = await suppress(administrator, "ann@example.com")
    removed = await release(administrator, "ANN@example.com", "bob@example.com", "eve@example.com")

    assert added.status == again.status == removed.status == 200
    assert added.json == {"added": 2, "already_suppressed": 0, "erased": 0, "total": 2}
    assert again.json == {"added": 0, "already_suppressed": 1, "erased": 0, "total": 2}
    assert removed.json == {"removed": 2, "not_suppressed": 1, "total": 0}


async def test_ten_thousand_addresses_go_in_one_request(scene: Deployment, administrator: Api) -> None:
    many = [f"many{number}@example.com" for number in range(10_000)]

    added = await suppress(administrator, *many)
    removed = await release(administrator, *many)
    refused = await suppress(administrator, *many, "one.more@example.com")

    assert (added.json["added"], removed.json["removed"]) == (10_000, 10_000)
    assert (refused.status, refused.json["pointer"]) == (422, "/emails")


@pytest.mark.parametrize("path", ["suppressions", "suppressions/remove"])
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/emails"),
        ({"emails": []}, "/emails"),
        ({"emails": "ann@example.com"}, "/emails"),
        ({"emails": ["ann@example.com", 7]}, "/emails/1"),
        ({"emails": ["ann@example.com", "not.an.address"]}, "/emails/1"),
        ({"emails": ["ann@example.com"], "reason": "asked"}, "/reason"),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused_by_its_place(
    scene: Deployment, administrator: Api, path: str, body: dict[str, Any], pointer: str
) -> None:
    answered = await ask(administrator, "POST", path, body)

    assert (answered.status, answered.json["pointer"]) == (422, pointer)
    assert "ann@" not in str(answered.json)
    assert "not.an" not in str(answered.json)


@pytest.mark.parametrize("path", ["suppressions", "suppressions/remove"])
async def test_only_administrators_suppress_and_release(
    scene: Deployment, contributor: Api, viewer: Api, path: str
) -> None:
    answers = [await ask(api, "POST", path, {"emails": [SENT]}) for api in (contributor, viewer)]

    assert [answered.status for answered in answers] == [403, 403]


async def test_the_ledger_tells_what_became_of_an_address(
    scene: Deployment, ledgers: None, contributor: Api
) -> None:
    sent = await history(contributor, "Sent@Example.com")
    failed = await history(contributor, FAILED)
    unknown = await history(contributor, "nobody@example.com")

    assert sent.status == 200
    assert (sent.json["outcome"], sent.json["run"], sent.json["at"]) == (
        "imported",
        RUN,
        "2026-01-15T06:40:00Z",
    )
    assert (failed.json["outcome"], failed.json["suppressed"]) == ("failed", False)
    assert "rejections" in failed.json["why"]
    assert "outcome" not in unknown.json
    assert "does not know it" in unknown.json["why"]
    assert not any("example.com" in str(answered.json) for answered in (sent, failed, unknown))


async def test_a_suppressed_address_says_so(scene: Deployment, ledgers: None, administrator: Api) -> None:
    await suppress(administrator, SENT, "nobody@example.com")

    known, unknown = await history(administrator, SENT), await history(administrator, "nobody@example.com")
    await release(administrator, SENT, "nobody@example.com")

    assert (known.json["suppressed"], known.json["outcome"]) == (True, "imported")
    assert unknown.json == {"export": "open", "suppressed": True, "why": "it is suppressed and is not sent"}


async def test_an_address_that_cannot_be_sent_says_why(scene: Deployment, administrator: Api) -> None:
    answered = await history(administrator, "ann@example")

    assert answered.json["why"].startswith("it cannot be sent: correct what stands after the @")


async def test_what_cannot_be_looked_up_is_refused(
    scene: Deployment, administrator: Api, contributor: Api, viewer: Api
) -> None:
    unknown = await history(administrator, SENT, export="nobodys")
    closed = await history(contributor, SENT, export="closed")
    looking = await history(viewer, SENT)
    without = await ask(administrator, "POST", "exports/open/contacts", {})

    assert [answered.status for answered in (unknown, closed, looking, without)] == [404, 403, 403, 422]
    assert without.json["pointer"] == "/email"


async def test_erasing_takes_an_address_out_of_every_ledger(
    scene: Deployment, ledgers: None, administrator: Api
) -> None:
    erased = await suppress(administrator, SENT, erase=True)
    again = await suppress(administrator, SENT, erase=True)
    after = [await history(administrator, SENT, export) for export in ("open", "closed")]
    others = await history(administrator, FAILED)
    await release(administrator, SENT)

    assert (erased.json["added"], erased.json["erased"], again.json["erased"]) == (1, 2, 0)
    assert not any("outcome" in answered.json for answered in after)
    assert others.json["outcome"] == "failed"


async def test_the_audit_log_has_counts_and_neither_it_nor_the_state_an_address(
    scene: Deployment, administrator: Api
) -> None:
    await suppress(administrator, "audited@example.com")
    await release(administrator, "audited@example.com")

    log = await audited(scene)
    stored = await (await scene.state.download_blob("suppressions")).readall()
    lines = [json.loads(line) for line in log.splitlines()]
    told = [line for line in lines if line["subject"] == "suppressions"][-2:]

    assert [line["operation"] for line in told] == ["add_suppressions", "remove_suppressions"]
    assert (told[0]["added"], told[1]["removed"], told[0]["caller"]) == (1, 1, "ann@example.org")
    assert b"example.com" not in log
    assert b"example" not in stored
