"""Who is suppressed is in no plan, and who is erased is in no ledger."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigurationError, Conflict
from shared.runs.starting import Starter
from shared.suppressions.changing import Release, Suppressed, Suppression
from shared.suppressions.suppressions import Suppressions
from tests.pipeline import Pipeline, people
from tests.pipeline.segments import Row
from tools.sandbox import Fault


def addresses(*numbers: int) -> list[str]:
    return [f"p{number}@example.com" for number in numbers]


async def suppress(pipeline: Pipeline, *numbers: int, erase: bool = False) -> Suppressed:
    editor = pipeline.services.suppressions
    return await editor.add(Suppression(emails=addresses(*numbers), erase=erase))


async def made(pipeline: Pipeline, rows: list[Row] | None = None, **export: Any) -> None:
    await pipeline.write_segment("Vip", rows or people(20))
    await pipeline.make_export(**export)


async def in_ledger(pipeline: Pipeline, folder: Path, export: str = "vip") -> int:
    """How many lines an export's ledger has."""
    file = folder / "ledger"
    file.write_bytes((await pipeline.blobs(f"ledger/{export}"))[f"ledger/{export}"])
    database = sqlite3.connect(file)
    (count,) = database.execute("SELECT count(*) FROM contact").fetchone()
    database.close()
    return int(count)


def counts(run: Any) -> tuple[int, int, int]:
    return run.counts.suppressed, run.counts.unchanged, run.counts.imported


async def test_who_is_suppressed_is_counted_and_not_sent(pipeline: Pipeline) -> None:
    await suppress(pipeline, 3, 5, 99)
    await made(pipeline)

    run = await pipeline.run_to_end()

    assert (run.state, counts(run), run.counts.add_up) == ("successful", (2, 0, 18), True)
    assert not pipeline.sandbox.members(1) & set(addresses(3, 5))


async def test_neither_a_change_nor_a_retry_nor_a_full_run_sends_who_is_suppressed(
    pipeline: Pipeline,
) -> None:
    await made(pipeline)
    first = await pipeline.run_to_end()
    await suppress(pipeline, 3)
    before = pipeline.sandbox.evidence()["contacts_accepted"]
    await pipeline.change_export(tags=["spring"])

    changed = await pipeline.run_to_end()
    again = await pipeline.retry(first.id)
    full = await pipeline.run_to_end(full=True)

    assert [counts(run) for run in (changed, again, full)] == [(1, 0, 19), (1, 19, 0), (1, 0, 19)]
    assert pipeline.sandbox.evidence()["contacts_accepted"] == before + 19 + 19


async def test_an_erased_person_leaves_every_ledger_and_does_not_return(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    await made(pipeline)
    await pipeline.make_export(id="other", name="Other", tags=["other"])
    for export in ("vip", "other"):
        await pipeline.run_to_end(export)

    done = await suppress(pipeline, 3, erase=True)
    left = [await in_ledger(pipeline, tmp_path, export) for export in ("vip", "other")]
    full = await pipeline.run_to_end(full=True)

    assert (done.added, done.erased, done.total) == (1, 2, 1)
    assert left == [19, 19]
    assert counts(full) == (1, 0, 19)
    assert await in_ledger(pipeline, tmp_path) == 19


async def test_erasing_leaves_nothing_of_the_line_in_the_file(pipeline: Pipeline) -> None:
    await made(pipeline)
    await pipeline.run_to_end()
    keys = await pipeline.runs.keys(None)
    digest = keys.digest("p3@example.com")
    sealed = keys.seal(digest, "p3@example.com")
    before = (await pipeline.blobs("ledger/vip"))["ledger/vip"]

    await suppress(pipeline, 3, erase=True)
    after = (await pipeline.blobs("ledger/vip"))["ledger/vip"]

    assert digest in before
    assert sealed in before
    assert digest not in after
    assert sealed not in after


async def test_erasing_somebody_nobody_knows_writes_no_ledger(pipeline: Pipeline) -> None:
    await made(pipeline)
    await pipeline.run_to_end()
    before = await pipeline.blobs("ledger/")

    done = await suppress(pipeline, 77, erase=True)
    again = await suppress(pipeline, 77, erase=True)

    assert (done.added, done.erased) == (1, 0)
    assert (again.added, again.already_suppressed) == (0, 1)
    assert await pipeline.blobs("ledger/") == before


async def test_who_is_erased_while_a_run_delivers_is_not_entered_by_its_commit(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.sandbox.add_fault(Fault(kind="rate_limited", endpoint="GET import/info", retry_after=60))
    await made(pipeline)
    run = await pipeline.start()
    await pipeline.drain()

    await suppress(pipeline, 3, erase=True)
    await pipeline.let_pass(run, 60)
    await pipeline.drain()
    ended = await pipeline.run(run)

    assert (ended.state, ended.counts.imported) == ("successful", 20)
    assert await in_ledger(pipeline, tmp_path) == 19


async def test_who_is_released_is_sent_again(pipeline: Pipeline) -> None:
    await suppress(pipeline, 3)
    await made(pipeline)
    await pipeline.run_to_end()

    done = await pipeline.services.suppressions.remove(Release(emails=addresses(3, 4)))
    run = await pipeline.run_to_end()

    assert (done.removed, done.not_suppressed, done.total) == (1, 1, 0)
    assert counts(run) == (0, 19, 1)


async def test_suppressions_outlive_a_rotation_of_the_ledger_secret(pipeline: Pipeline) -> None:
    await suppress(pipeline, 3)
    pipeline.tenant.vault.secrets.set("segment-export-ledger", "n" * 40)
    pipeline.services = pipeline.new_process()
    again = await suppress(pipeline, 3, 4)
    await made(pipeline)

    run = await pipeline.run_to_end()
    released = await pipeline.services.suppressions.remove(Release(emails=addresses(3)))

    assert (again.added, again.already_suppressed) == (1, 1)
    assert counts(run) == (2, 0, 18)
    assert (released.removed, released.total) == (1, 1)


async def test_nothing_is_planned_while_nobody_can_tell_who_is_suppressed(pipeline: Pipeline) -> None:
    await suppress(pipeline, 3)
    stored = (await pipeline.blobs("suppressions"))["suppressions"]
    version = (await pipeline.runs.keys(None)).version.encode()
    await pipeline.state.upload_blob("suppressions", stored.replace(version, b"0" * 32), overwrite=True)
    await made(pipeline)

    run = await pipeline.run_to_end()

    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "configuration_error"
    assert pipeline.imports == 0
    with pytest.raises(ConfigurationError):
        await suppress(pipeline, 4)


async def test_a_held_plan_that_is_older_than_a_suppression_cannot_be_approved(pipeline: Pipeline) -> None:
    await made(pipeline, guards={"row_cap": 3}, schedule="off")
    held = await pipeline.run_to_end()
    await suppress(pipeline, 3)

    with pytest.raises(Conflict, match="plan again"):
        await Starter(pipeline.runs).approve(held, held.plan or "", "Ann")
    await pipeline.change_export(guards={"row_cap": 300})
    run = await pipeline.run_to_end()

    assert counts(run) == (1, 0, 19)


async def test_no_address_and_no_plain_hash_of_one_is_stored(pipeline: Pipeline) -> None:
    await suppress(pipeline, *range(300))

    stored = (await pipeline.blobs("suppressions"))["suppressions"]

    assert b"example" not in stored
    assert len(stored) < 300 * 22 + 400


async def test_editors_who_add_at_the_same_time_lose_nothing(pipeline: Pipeline) -> None:
    services = [pipeline.new_process() for _ in range(3)]

    async with asyncio.TaskGroup() as group:
        for number, process in enumerate(services):
            wanted = Suppression(emails=addresses(*range(number * 10, number * 10 + 10)))
            group.create_task(process.suppressions.add(wanted))
    stored = Suppressions(store=pipeline.runs.store, keys=pipeline.runs.keys, now=pipeline.runs.now)
    matcher = await stored.matcher()

    assert matcher is not None
    assert all(map(matcher, addresses(*range(30))))
    assert not matcher("p30@example.com")
