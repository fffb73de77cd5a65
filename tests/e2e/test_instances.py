"""Two instances: runs of one account take turns, runs of different accounts go in parallel."""

import asyncio
import json
from dataclasses import dataclass
from itertools import groupby

import pytest

from tests.e2e.scene import App, account, addresses
from tests.pipeline import people

pytestmark = pytest.mark.asyncio(loop_scope="package")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Accepted:
    """When a batch of a run was accepted, in epoch seconds."""

    at: float
    run: str


async def accepted(app: App, *runs: str) -> list[Accepted]:
    """The batches of these runs in the order of their acceptance, from the runs' own logs."""
    found = []
    for run in runs:
        log = b"".join((await app.blobs(f"runs/{run}/deliveries")).values())
        lines = [json.loads(line) for line in log.splitlines()]
        found += [Accepted(at=line["at"], run=run) for line in lines if "batch" in line]
    return sorted(found)


async def test_two_exports_of_one_account_take_turns(app: App) -> None:
    async with account(app, "shared", bulk_latency=(0.8, 0.8)) as sandbox:
        for name in ("turn-a", "turn-b"):
            await app.export_of(name, "shared", 2500, list_id=sandbox.add_list(name))
        runs = [await app.start(name) for name in ("turn-a", "turn-b")]

        ended = await asyncio.gather(*map(app.deployment.api.run_to_end, runs))

        turns = [run for run, _ in groupby(await accepted(app, *runs), key=lambda batch: batch.run)]
        assert [run["state"] for run in ended] == ["successful"] * 2
        assert len(turns) >= 4
        assert sandbox.evidence()["most_in_flight"] <= 4
        assert sandbox.evidence()["repeated_same"] == 0
        assert sandbox.members(2) == sandbox.members(3) == addresses(2500)


async def test_a_few_contacts_do_not_wait_behind_many(app: App) -> None:
    async with account(app, "crowd", bulk_latency=(1.0, 1.0)) as sandbox:
        await app.export_of("many", "crowd", 12_000)
        await app.write("few", people(5))
        await app.export("few", "crowd", list_id=sandbox.add_list("few"))
        many = await app.start("many")
        await app.deployment.api.run_until(many, lambda found: found["progress"]["chunks_accepted"] > 0)

        few = await app.run("few")

        meanwhile = await app.deployment.api.get(f"runs/{many}")
        assert few["state"] == "successful"
        assert meanwhile["progress"]["chunks_accepted"] < meanwhile["progress"]["chunks"]
        await app.deployment.api.post(f"runs/{many}/cancel")
        await app.deployment.api.run_to_end(many)


async def test_exports_of_different_accounts_go_at_the_same_time(app: App) -> None:
    async with (
        account(app, "one", bulk_latency=(0.8, 0.8)) as one,
        account(app, "other", bulk_latency=(0.8, 0.8)) as other,
    ):
        for name in ("one", "other"):
            await app.export_of(name, name, 1500)
        before = len(app.deployment.host.history)

        runs = [await app.start(name) for name in ("one", "other")]
        ended = await asyncio.gather(*map(app.deployment.api.run_to_end, runs))

        work = [each for each in app.deployment.host.history[before:] if each.function == "work"]
        batches = await accepted(app, *runs)
        assert [run["state"] for run in ended] == ["successful"] * 2
        assert {each.instance for each in work} == {1, 2}
        assert _first(batches, runs[0]) < _last(batches, runs[1])
        assert _first(batches, runs[1]) < _last(batches, runs[0])
        assert one.members(1) == other.members(1) == addresses(1500)


def _first(batches: list[Accepted], run: str) -> float:
    return min(batch.at for batch in batches if batch.run == run)


def _last(batches: list[Accepted], run: str) -> float:
    return max(batch.at for batch in batches if batch.run == run)
