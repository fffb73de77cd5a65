"""When the timer starts runs at fixed times, and when it has no need to."""

from datetime import UTC, datetime

from shared.schedules.general import GeneralScheduleInput, GeneralSchedules
from tests.integration.pipeline.timer import DAY, HOUR, daily, notes, scheduled, tick
from tests.pipeline import Pipeline, people


async def test_a_fixed_time_starts_one_run_when_it_has_come(pipeline: Pipeline) -> None:
    await scheduled(pipeline)

    early = await tick(pipeline, at=HOUR)
    (run,) = await tick(pipeline, at=3 * HOUR)
    again = await tick(pipeline)

    assert early == []
    assert (run.trigger, run.requested_by, run.state) == ("schedule", "the timer", "successful")
    assert run.counts.imported == len(pipeline.sandbox.members(1)) == 10
    assert len(again) == 1
    assert (await notes(pipeline)).outcome == f"run {run.id} was started"
    assert await pipeline.leftovers() == set()


async def test_times_that_were_missed_are_made_up_by_one_run(pipeline: Pipeline) -> None:
    await scheduled(pipeline)

    await tick(pipeline, at=5 * DAY)
    runs = await tick(pipeline)

    assert [run.state for run in runs] == ["successful"]


async def test_a_time_before_the_schedule_was_set_does_not_count(pipeline: Pipeline) -> None:
    await scheduled(pipeline, hours_ahead=-2)

    runs = await tick(pipeline)
    tomorrow = await tick(pipeline, at=DAY, work=False)

    assert runs == []
    assert [run.trigger for run in tomorrow] == ["schedule"]


async def test_another_schedule_does_not_start_for_what_lies_behind(pipeline: Pipeline) -> None:
    await scheduled(pipeline, hours_ahead=2)
    await tick(pipeline, at=HOUR)
    await pipeline.change_export(schedule=daily(hours_ahead=-1))

    assert await tick(pipeline, at=3 * HOUR) == []
    assert len(await tick(pipeline, at=DAY, work=False)) == 1


async def test_a_new_name_does_not_lose_the_time_that_has_come(pipeline: Pipeline) -> None:
    await scheduled(pipeline, hours_ahead=-2)
    await tick(pipeline)
    timer = await notes(pipeline)
    assert timer.until
    await pipeline.runs.exports.note(
        "vip", timer=timer.model_copy(update={"until": timer.until - DAY})
    )  # As if the app had been down since yesterday.

    await pipeline.change_export(name="Renamed")
    runs = await tick(pipeline, work=False)

    assert [run.trigger for run in runs] == ["schedule"]


async def test_what_came_while_an_export_was_not_active_is_not_made_up(pipeline: Pipeline) -> None:
    await scheduled(pipeline)
    await tick(pipeline)

    await set_active(pipeline, False)
    inactive = await tick(pipeline, at=3 * HOUR)
    await set_active(pipeline, True)
    active = await tick(pipeline, at=4 * HOUR)
    tomorrow = await tick(pipeline, at=DAY + 3 * HOUR, work=False)

    assert (inactive, active) == ([], [])
    assert [run.trigger for run in tomorrow] == ["schedule"]


async def test_exports_follow_the_general_schedule_unless_they_have_their_own(pipeline: Pipeline) -> None:
    wanted = GeneralScheduleInput.model_validate({"schedule": daily(hours_ahead=2)})
    await GeneralSchedules(pipeline.runs.store).change(wanted, None, "Ann", datetime.now(UTC))
    await pipeline.write_segment("Vip", people(10))
    await pipeline.make_export()
    await pipeline.make_export(id="own", schedule="off")

    early = await tick(pipeline, at=HOUR)
    runs = await tick(pipeline, at=3 * HOUR, work=False)

    assert early == []
    assert [run.trigger for run in runs] == ["schedule"]
    assert [run async for run in pipeline.runs.records.newest(export="own")] == []


async def test_a_fixed_time_folds_into_the_run_that_is_under_way(pipeline: Pipeline) -> None:
    await scheduled(pipeline)
    pipeline.ahead = 2.5 * HOUR
    under_way = await pipeline.start()

    during = await tick(pipeline, at=3 * HOUR, work=False)
    await pipeline.drain()
    after = await tick(pipeline)

    assert [run.id for run in during] == [run.id for run in after] == [under_way]
    timer = await notes(pipeline)
    assert timer.outcome == f"run {under_way} was under way"
    assert timer.until
    assert timer.until > datetime.now(UTC)


async def test_what_a_run_under_way_did_not_see_is_sent_after_it(pipeline: Pipeline) -> None:
    await scheduled(pipeline)
    first = await pipeline.start()

    await tick(pipeline, at=3 * HOUR)
    await pipeline.write_segment("Vip", people(12), at="2026/01/16/0640")
    (last, earlier) = await tick(pipeline)

    assert earlier.id == first
    assert (last.trigger, last.counts.imported) == ("schedule", 2)
    assert len(pipeline.sandbox.members(1)) == 12


async def test_a_dry_run_stands_for_no_run(pipeline: Pipeline) -> None:
    await scheduled(pipeline)
    pipeline.ahead = 2 * HOUR
    await pipeline.start(dry_run=True)

    await tick(pipeline, at=3 * HOUR, work=False)
    await pipeline.drain()
    (run, dry) = await tick(pipeline)

    assert dry.dry_run
    assert (run.trigger, run.state) == ("schedule", "successful")


async def test_without_a_new_snapshot_a_run_is_skipped_and_says_so(pipeline: Pipeline) -> None:
    await scheduled(pipeline)
    (first,) = await tick(pipeline, at=3 * HOUR)

    (skipped, _) = await tick(pipeline, at=DAY + 3 * HOUR)
    (next_day, *_) = await tick(pipeline, at=2 * DAY + 3 * HOUR)
    same_day = await tick(pipeline)

    for run in (skipped, next_day):
        assert (run.state, run.reason) == ("skipped", f"no new snapshot since run {first.id}")
        assert run.ended_at
        assert run.snapshots == first.snapshots
    assert len(same_day) == 3
    assert await pipeline.leftovers() == set()


async def test_a_held_run_is_not_replaced_by_the_same_plan(pipeline: Pipeline) -> None:
    await scheduled(pipeline, guards={"row_cap": 3})
    (held,) = await tick(pipeline, at=3 * HOUR)

    (still_held,) = await tick(pipeline, at=DAY + 3 * HOUR)
    await pipeline.write_segment("Vip", people(11), at="2026/01/16/0640")
    (newer, overtaken) = await tick(pipeline, at=2 * DAY + 3 * HOUR)

    assert (held.state, still_held.state, still_held.plan) == ("held", "held", held.plan)
    assert (newer.state, overtaken.state) == ("held", "canceled")


async def set_active(pipeline: Pipeline, active: bool) -> None:
    """Changes the export at the time that the timer sees; the editor's own clock is never ahead."""
    exports = pipeline.runs.exports
    found = await exports.get("vip")
    changed = found.value.model_copy(update={"active": active, "updated_at": pipeline.runs.now()})
    await exports.documents.replace("vip", changed, etag=found.etag)
