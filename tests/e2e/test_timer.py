"""The timer starts what is due and wakes what stalled; it is fired by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.exports.export import ExportState
from shared.ids import new_run_id
from shared.runs.run import Run
from tests.e2e.scene import App, account, addresses
from tests.pipeline import people

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_new_snapshot_starts_a_run_and_the_same_one_starts_no_other(app: App) -> None:
    async with account(app, "timer") as sandbox:
        await app.export_of("timer", "timer", 10, schedule="on_refresh")

        await app.deployment.fire_timer()

        (run,) = await app.runs("timer")
        ended = await app.deployment.api.run_to_end(run["id"])
        await app.deployment.fire_timer()
        assert (ended["trigger"], ended["state"]) == ("refresh", "successful")
        assert sandbox.members(1) == addresses(10)
        assert len(await app.runs("timer")) == 1


async def test_a_snapshot_counts_when_model_json_names_it(app: App) -> None:
    async with account(app, "half") as sandbox:
        await app.export_of("half", "half", 10, schedule="on_refresh")
        await app.run("half")
        await app.write("half", people(20), hours=6, with_model=False)

        await app.deployment.fire_timer()

        assert len(await app.runs("half")) == 1
        await app.write("half", people(20), hours=6)
        await app.deployment.fire_timer()
        newest = (await app.runs("half"))[0]
        assert (await app.deployment.api.run_to_end(newest["id"]))["counts"]["imported"] == 10
        assert sandbox.members(1) == addresses(20)


async def test_an_export_that_is_off_is_left_alone(app: App) -> None:
    async with account(app, "off"):
        await app.export_of("off", "off", 10)
        await app.export_of("inactive", "off", 10, schedule="on_refresh", active=False)

        await app.deployment.fire_timer()

        assert await app.runs("off") == []
        assert await app.runs("inactive") == []


async def test_a_time_that_was_missed_is_made_up_once(app: App) -> None:
    async with account(app, "missed") as sandbox:
        schedule = {"kind": "daily", "times": ["00:00", "12:00"], "time_zone": "Europe/Berlin"}
        await app.export_of("missed", "missed", 10, schedule=schedule)
        await app.deployment.fire_timer()
        early = await app.runs("missed")
        await _down_since_three_days_ago(app, "missed")

        await app.deployment.fire_timer()

        (run,) = await app.runs("missed")
        ended = await app.deployment.api.run_to_end(run["id"])
        await app.deployment.fire_timer()
        assert early == []
        assert (ended["trigger"], ended["state"]) == ("schedule", "successful")
        assert sandbox.members(1) == addresses(10)
        assert len(await app.runs("missed")) == 1


async def test_a_run_whose_message_is_lost_goes_on_at_the_next_tick(app: App) -> None:
    async with account(app, "stalled") as sandbox:
        await app.export_of("stalled", "stalled", 10)
        run = await _queued_without_a_message(app, "stalled", since=timedelta(minutes=1))

        await app.deployment.fire_timer()

        ended = await app.deployment.api.run_to_end(run)
        assert ended["state"] == "successful"
        assert sandbox.members(1) == addresses(10)


async def test_a_run_that_is_alive_is_not_queued_again(app: App) -> None:
    async with account(app, "alive", bulk_latency=(0.3, 0.3)) as sandbox:
        await app.export_of("alive", "alive", 1500)
        run = await app.start("alive")
        await app.deployment.api.run_until(run, lambda found: found["progress"]["chunks_accepted"] > 0)

        await app.deployment.fire_timer()

        assert (await app.deployment.api.run_to_end(run))["state"] == "successful"
        assert len(await app.runs("alive")) == 1
        assert sandbox.evidence()["repeated_same"] == 0


async def _queued_without_a_message(app: App, export: str, *, since: timedelta) -> str:
    then = datetime.now(UTC) - since
    run = Run(
        id=new_run_id(then),
        export=export,
        export_name=export,
        connection=export,
        trigger="on_demand",
        requested_by="a process that died",
        queued_at=then,
    )
    state = app.deployment.state
    await state.upload_blob(f"active/{export}", run.id)
    await state.upload_blob(f"runs/{run.id}/run.json", run.model_dump_json())
    return run.id


async def _down_since_three_days_ago(app: App, export: str) -> None:
    """The timer's notes are as old as if it had not looked since."""
    blob = app.deployment.state.get_blob_client(f"exports/{export}/state.json")
    state = ExportState.model_validate_json(await (await blob.download_blob()).readall())
    timer = state.timer.model_copy(update={"until": datetime.now(UTC) - timedelta(days=3)})
    await blob.upload_blob(state.model_copy(update={"timer": timer}).model_dump_json(), overwrite=True)
