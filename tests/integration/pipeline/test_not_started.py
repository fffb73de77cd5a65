"""What is said of runs that are due and do not start, and of data that is old."""

from datetime import UTC, datetime

import pytest

from tests.integration.pipeline.crash import Exposed
from tests.integration.pipeline.timer import HOUR, notes, scheduled, tick, told, warnings
from tests.pipeline import OpenPipeline, Pipeline, people
from tools.proxy import Fault


async def test_a_segment_that_is_not_there_keeps_the_time_due(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    await scheduled(pipeline)
    async for blob in pipeline.segments.list_blobs():
        await pipeline.segments.delete_blob(blob.name)

    assert await tick(pipeline, at=3 * HOUR) == []
    assert await tick(pipeline, at=4 * HOUR) == []
    missing = (await notes(pipeline)).not_started
    await pipeline.write_segment("Vip", people(10))
    (run,) = await tick(pipeline, at=5 * HOUR, work=False)

    assert missing
    assert missing.due_at
    assert "'Vip'" in missing.reason
    (said,) = told(caplog, "run did not start")
    assert (said["export"], said["reason"]) == ("vip", missing.reason)
    assert run.trigger == "schedule"
    assert (await notes(pipeline)).not_started is None


async def test_a_model_json_that_cannot_be_read_is_said_once_while_snapshots_are_waited_for(
    open_pipeline: OpenPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = await open_pipeline(SEGMENTS_SETTLE_SECONDS="0")
    await pipeline.write_segment("Vip", people(10))
    await pipeline.make_export(schedule="on_refresh")
    model = pipeline.segments.get_blob_client("CustomerInsights_1/BlobExport/model.json")
    good = await (await model.download_blob()).readall()

    await model.upload_blob(b"{", overwrite=True)
    broken = [await tick(pipeline), await tick(pipeline)]
    noted = (await notes(pipeline)).not_started
    await model.upload_blob(b'{"name": 1}', overwrite=True)
    await tick(pipeline)
    said = told(caplog, "run did not start")
    await model.upload_blob(good, overwrite=True)
    (run,) = await tick(pipeline)

    assert broken == [[], []]
    assert noted
    assert "model.json is not JSON" in noted.reason
    assert [each["reason"] == noted.reason for each in said] == [True, False]
    assert all("'Vip'" in each["reason"] and each["export"] == "vip" for each in said)
    assert (run.trigger, run.state) == ("refresh", "successful")
    assert (await notes(pipeline)).not_started is None


async def test_a_segment_that_is_still_to_come_is_waited_for_in_silence(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    await pipeline.write_segment("Vip", people(10))
    await pipeline.make_export(schedule="on_refresh", segments=[{"name": "Vip"}, {"name": "Later"}])

    assert await tick(pipeline) == []
    assert warnings(caplog, "run did not start") == []


async def test_a_connection_that_is_gone_is_said_once_and_the_time_is_over(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    await scheduled(pipeline)
    await without_connection(pipeline)

    (run,) = await tick(pipeline, at=3 * HOUR)
    again = await tick(pipeline)
    noted = (await notes(pipeline)).not_started

    assert (run.state, run.trigger) == ("skipped", "schedule")
    assert run.reason == "no connection has the id 'main'; attach another"
    assert len(again) == 1
    assert noted
    assert (noted.reason, noted.at.date()) == (run.reason, pipeline.runs.now().date())
    assert len(warnings(caplog, "run did not start")) == 1


async def test_over_a_paused_connection_nothing_starts(pipeline: Pipeline) -> None:
    await scheduled(pipeline)
    connections = pipeline.runs.connections
    found = await connections.get("main")
    assert found
    await connections.replace("main", found.value.model_copy(update={"active": False}), etag=found.etag)

    (run,) = await tick(pipeline, at=3 * HOUR)

    assert (run.state, run.reason) == ("skipped", "the connection 'main' is paused")


async def test_a_detached_export_has_no_history_of_what_it_could_not_do(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    await scheduled(pipeline)
    await pipeline.change_export(connection=None)

    runs = await tick(pipeline, at=3 * HOUR)
    await tick(pipeline)

    assert runs == []
    assert (await notes(pipeline)).outcome == "it has no connection; attach one"
    assert len(warnings(caplog, "run did not start")) == 1


async def test_a_new_snapshot_without_a_connection_is_said_once_and_stays_new(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    await pipeline.write_segment("Vip", people(10))
    await pipeline.make_export()
    connection = await without_connection(pipeline)

    (skipped,) = await tick(pipeline)
    (same,) = await tick(pipeline)
    await pipeline.state.upload_blob("connections/main.json", connection)
    (run, _) = await tick(pipeline, work=False)

    assert (skipped.state, skipped.trigger) == ("skipped", "refresh")
    assert same == skipped
    assert (run.trigger, run.state) == ("refresh", "queued")
    assert len(warnings(caplog, "run did not start")) == 1
    assert (await notes(pipeline)).not_started is None


async def test_a_run_that_cannot_be_queued_is_noticed_and_goes_on_later(
    exposed: Exposed, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = exposed.pipeline
    await scheduled(pipeline)
    exposed.queues.faults.add(Fault(kind="refuse", request="POST */messages*", status=403))

    (waiting,) = await tick(pipeline, at=3 * HOUR)
    noted = (await notes(pipeline)).not_started
    await tick(pipeline, at=4 * HOUR)
    (run,) = await tick(pipeline)

    assert noted
    (said,) = told(caplog, "run did not start")
    assert (said["export"], said["reason"]) == ("vip", noted.reason)
    assert (waiting.state, run.id, run.state) == ("queued", waiting.id, "successful")
    assert (await notes(pipeline)).not_started is None


async def test_old_data_is_spoken_of_once_for_each_snapshot(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    await pipeline.write_segment("Vip", people(10), at=f"{datetime.now(UTC):%Y/%m/%d/%H%M}")
    await pipeline.make_export(stale_after_hours=24)

    await tick(pipeline, at=23 * HOUR, work=False)
    fresh = warnings(caplog, "stale segment")
    await tick(pipeline, at=25 * HOUR, work=False)
    await tick(pipeline, at=26 * HOUR, work=False)
    stale = told(caplog, "stale segment")
    noted = (await notes(pipeline)).stale
    await pipeline.write_segment("Vip", people(11), at=f"{datetime.now(UTC) + 26 * HOUR:%Y/%m/%d/%H%M}")
    await tick(pipeline, at=27 * HOUR, work=False)

    assert fresh == []
    assert len(stale) == 1
    assert (stale[0]["segment"], stale[0]["export"]) == ("Vip", "vip")
    assert list(noted) == ["Vip"]
    assert (await notes(pipeline)).stale == {}
    assert len(warnings(caplog, "stale segment")) == 1


async def test_a_general_schedule_that_is_nonsense_stops_only_those_who_follow_it(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    await pipeline.write_segment("Vip", people(10))
    await pipeline.make_export(id="a-follower")
    await pipeline.make_export(schedule="on_refresh")
    await pipeline.state.upload_blob("settings/schedule.json", b'{"schedule": "hourly"}')

    runs = await tick(pipeline, work=False)

    assert [run.trigger for run in runs] == ["refresh"]
    assert warnings(caplog, "export a-follower") == [
        "export a-follower: settings/schedule.json is not a valid GeneralSchedule"
    ]


async def without_connection(pipeline: Pipeline) -> bytes:
    """Removes the connection, as somebody may with Storage Explorer; gives what it was."""
    blob = pipeline.state.get_blob_client("connections/main.json")
    found = await (await blob.download_blob()).readall()
    await blob.delete_blob()
    return found
