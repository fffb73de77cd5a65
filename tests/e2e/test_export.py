"""From a segment in blob storage to the members of a list, through the app's own HTTP API."""

import csv
import io
from typing import Any

import pytest

from tests.e2e.scene import App, account, addresses, adds_up
from tests.pipeline import people, row

pytestmark = pytest.mark.asyncio(loop_scope="package")

ORDER = ["queued", "planning", "delivering", "confirming", "successful"]


async def test_a_typed_key_lands_in_the_vault_and_nowhere_else(app: App) -> None:
    async with account(app, "typed-key") as sandbox:
        shown = await app.deployment.api.get("connections/typed-key")
        stored = await app.blobs("connections/typed-key")

        secret = app.deployment.tenant.vault.secrets.get(shown["api_key_secret"])
        assert secret.value == sandbox.api_key
        assert secret.name.startswith("activecampaign-typed-key-")
        assert sandbox.api_key not in str(shown)
        assert sandbox.api_key.encode() not in b"".join(stored.values())


async def test_every_row_is_on_the_list_or_in_the_rejections(app: App) -> None:
    wrong = [row(601, EMail=""), row(602, EMail="no address"), row(603, EMail="p0@EXAMPLE.com")]
    async with account(app, "rows") as sandbox:
        await app.write("rows", [*people(600), *wrong])
        await app.export("rows", "rows")

        run = await app.run("rows")

        report = await app.deployment.api.text(f"runs/{run['id']}/rejections")
        rejections = list(csv.DictReader(io.StringIO(report)))
        assert run["state"] == "completed_with_warnings"
        assert adds_up(run)
        assert (run["counts"]["rejected"], run["counts"]["duplicate"], run["counts"]["imported"]) == (
            2,
            1,
            600,
        )
        assert sandbox.members(1) == addresses(600)
        assert sorted((line["primary_key"], line["stage"]) for line in rejections) == [
            (wrong[0][0], "rejected"),
            (wrong[1][0], "rejected"),
        ]
        assert all(line["position"] and line["hint"] for line in rejections)
        assert await app.leftovers("rows", run["id"]) == []


async def test_a_run_shows_how_far_it_is_and_its_state_only_goes_on(app: App) -> None:
    async with account(app, "progress", bulk_latency=(1.0, 1.0), start_delay=(2.0, 2.0)):
        await app.export_of("progress", "progress", 3000)
        run = await app.start("progress")
        seen: list[dict[str, Any]] = []

        def over(found: dict[str, Any]) -> bool:
            seen.append(found)
            return bool(found["state"] == ORDER[-1])

        ended = await app.deployment.api.run_until(run, over, every=0.1)

        places = [ORDER.index(found["state"]) for found in seen]
        accepted = [found["progress"]["chunks_accepted"] for found in seen]
        assert places == sorted(places)
        assert {"delivering", "confirming"} <= {found["state"] for found in seen}
        assert accepted == sorted(accepted)
        assert any(0 < chunks < 12 for chunks in accepted)
        assert ended["progress"]["chunks"] == ended["progress"]["chunks_accepted"] == 12


async def test_the_second_run_sends_only_what_has_changed(app: App) -> None:
    async with account(app, "changes") as sandbox:
        await app.export_of("changes", "changes", 300)
        first = await app.run("changes")
        await app.write("changes", [*people(298), row(298, FirstName="Changed"), row(300)], hours=1)

        second = await app.run("changes")

        assert first["counts"]["imported"] == 300
        assert (second["counts"]["unchanged"], second["counts"]["imported"]) == (298, 2)
        assert adds_up(second)
        assert sandbox.evidence()["repeated_same"] == 0


async def test_a_canceled_run_commits_what_it_sent(app: App) -> None:
    async with account(app, "cancel", bulk_latency=(2.0, 2.0)) as sandbox:
        await app.export_of("cancel", "cancel", 5000)
        run = await app.start("cancel")
        await app.deployment.api.run_until(run, lambda found: found["progress"]["chunks_accepted"] > 0)

        await app.deployment.api.post(f"runs/{run}/cancel")

        ended = await app.deployment.api.run_to_end(run)
        assert ended["state"] == "canceled"
        assert adds_up(ended)
        assert ended["counts"]["imported"] == len(sandbox.members(1)) > 0
        assert ended["counts"]["unsent"] > 0
        assert (await app.run("cancel"))["counts"]["unchanged"] == ended["counts"]["imported"]
        assert sandbox.evidence()["repeated_same"] == 0
