"""Nothing personal and no secret in logs, messages, state, audit log and answers, whatever went wrong."""

import asyncio
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob.aio import BlobServiceClient

from tests.e2e.scene import App, account
from tests.pipeline import MAPPING, people, row
from tools.deployment import Api, ApiError
from tools.sandbox import Fault, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="package")

AUDIT = "export-audit"
IMPORT = "POST import/bulk_import"
PERSONAL = re.compile(rb"@example\.com|Surname\d|Forename\d|\+4977", re.IGNORECASE)
MISHAPS = (
    Fault(kind="html_error", endpoint=IMPORT, status=502, at=(1,)),
    Fault(kind="truncate", endpoint=IMPORT, at=(2,)),
    Fault(kind="drop", endpoint=IMPORT, at=(3,)),
    Fault(kind="batch_failed", endpoint=IMPORT, at=(2,), written=0.5),
)


def person(number: int, **changes: str) -> list[str]:
    """Somebody whose every value is easily found again."""
    named = {
        "FirstName": f"Forename{number}",
        "LastName": f"Surname{number}",
        "Telephone": f"+4977{number}",
    }
    return row(number, **named | changes)


def troublesome(count: int) -> list[list[str]]:
    """People, and among them some whom nobody takes."""
    return [
        *(person(number) for number in range(count)),
        person(900001, EMail="p900001@@example.com"),
        person(900002, EMail="p9o'two@example.com"),
        person(900003, EMail="p900003@example.com"),
    ]


async def _run_into_trouble(app: App, sandbox: Sandbox) -> dict[str, Any]:
    sandbox.unsubscribe("p3@example.com", 1)
    sandbox.bounce("p900003@example.com")
    for fault in MISHAPS:
        sandbox.add_fault(fault)
    await app.write("trouble", troublesome(700))
    await app.export("trouble", "trouble", guards={"rejected_share": 1.0})
    return await app.run("trouble")


async def _ask_about(app: App) -> str:
    """Everything over HTTP that has to do with people; what it answered."""
    api = app.deployment.api
    draft = {
        "name": "Trouble",
        "connection": "trouble",
        "list_id": 1,
        "segments": [{"name": "trouble"}],
        "mapping": MAPPING,
    }
    emails = {"emails": ["p1@example.com", "p900001@example.com"]}
    answers = [
        await api.post("exports/preview", draft),
        await api.post("exports/trouble/contacts", {"email": "p1@example.com"}),
        await api.post("exports/trouble/contacts", {"email": "p900003@example.com"}),
        await api.post("suppressions", emails | {"erase": True}),
        await api.post("exports/trouble/contacts", {"email": "p1@example.com"}),
        await api.post("suppressions/remove", emails),
        await api.patch("exports/trouble", {"tags": ["looked-at"]}),
        await api.post("exports/trouble/contacts", {"email": "p1@@example.com"}),
        await refusal(api, "suppressions", {"emails": ["p1@example.com", "p2@@example.com"]}),
        await refusal(api, "exports/trouble/runs", {"dry_run": "p1@example.com"}),
    ]
    return json.dumps(answers)


async def refusal(api: Api, path: str, body: dict[str, Any]) -> Any:
    """The problem that answers the request."""
    with pytest.raises(ApiError) as refused:
        await api.post(path, body)
    return refused.value.problem


async def _audit(app: App) -> bytes:
    """Every line of the audit log."""
    storage = app.deployment.azurite.connection_string
    async with BlobServiceClient.from_connection_string(storage) as service:
        container = service.get_container_client(AUDIT)
        names = [name async for name in container.list_blob_names()]
        return b"".join([await (await container.download_blob(name)).readall() for name in names])


async def _logged(app: App, words: bytes) -> None:
    """Returns when a worker's line has come, with all before it; raises TimeoutError."""
    async with asyncio.timeout(20):
        while words not in app.log.read_bytes():  # noqa: ASYNC110 - it is written by other processes
            await asyncio.sleep(0.1)


async def test_after_a_run_with_every_kind_of_trouble_nothing_tells_of_anybody(app: App) -> None:
    async with account(app, "trouble", wording="documented") as sandbox:
        run = await _run_into_trouble(app, sandbox)
        answers = await _ask_about(app)
        left = await app.leftovers("trouble", run["id"])
        await app.deployment.jobs.send_message('{"run": "run-to-be-logged", "slice": 1}')
        await _logged(app, b"run-to-be-logged")
        blobs = await app.blobs()
        log = app.log.read_bytes()
        audit = await _audit(app)

        assert run["counts"]["rejected"] > 0 < run["counts"]["failed"]
        assert sandbox.evidence()["faults_struck"].keys() == {mishap.kind for mishap in MISHAPS}
        assert left == []
        assert [name for name, data in blobs.items() if PERSONAL.search(data)] == []
        assert [name for name, data in blobs.items() if sandbox.api_key.encode() in data] == []
        assert PERSONAL.findall(log) == []
        assert sandbox.api_key.encode() not in log
        assert b'"add_suppressions"' in audit
        assert b'"create_connection"' in audit
        assert PERSONAL.findall(audit) == []
        assert sandbox.api_key.encode() not in audit
        assert PERSONAL.findall(answers.encode()) == []


async def test_the_ledger_seals_its_addresses(app: App, tmp_path: Path) -> None:
    async with account(app, "sealed"):
        await app.write("sealed", [person(number) for number in range(50)])
        await app.export("sealed", "sealed")
        await app.run("sealed")

        ledger = (await app.blobs("ledger/sealed"))["ledger/sealed"]

        file = tmp_path / "ledger"
        file.write_bytes(ledger)
        database = sqlite3.connect(file)
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        rows = sum(database.execute(f"select count(*) from {table}").fetchone()[0] for table in tables)
        database.close()
        assert rows >= 50
        assert PERSONAL.search(ledger) is None


async def test_a_key_that_is_refused_is_not_repeated_anywhere(app: App) -> None:
    async with account(app, "revoked") as sandbox:
        key = sandbox.api_key
        sandbox.add_fault(Fault(kind="revoke_key", endpoint=IMPORT, at=(1,)))
        await app.write("revoked", people(10))
        await app.export("revoked", "revoked")

        run = await app.run("revoked")

        assert run["problem"]["code"] == "access_denied"
        assert key not in str(run)
        assert key.encode() not in app.log.read_bytes()
        assert not any(key.encode() in data for data in (await app.blobs()).values())
