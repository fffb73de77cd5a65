import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.errors import PlanningInterrupted, SegmentFormatError
from shared.plans.engine import Setup
from shared.plans.merge import Audience, Rules
from shared.plans.processes import WORTH_A_PROCESS, Commands, engines, engines_for
from tests.builders import KEYS, snapshot
from tests.unit.plans.desk import Cells, Desk, people

ROWS: dict[str, list[Cells]] = {
    "Vip_1": people(700),
    "Vip_2": [{"EMail": "nobody"}, {"EMail": "p3@example.com", "FirstName": "Bea", "Changed": "2026-01-01"}],
    "New_1": [{"EMail": f"p{number}@example.com", "Score": "many"} for number in range(690, 900)],
}


def setup(path: Path, **changes: Any) -> Setup:
    usual: dict[str, Any] = {
        "snapshots": (snapshot(),),
        "email": "EMail",
        "targets": (),
        "prefer": None,
        "hashing": KEYS.hashing,
        "account": "acme",
        "rules": Rules(
            columns=("email",),
            audiences=(Audience(list_id=1, tags=()),),
            when_empty="keep",
            take="greatest",
            automations="never",
            joiners_known=False,
            full=False,
            resend_withheld=False,
        ),
        "room": 1_000,
        "ledger": path / "ledger.sqlite",
        "suppressed": None,
    }
    return Setup(**usual | changes)


def started() -> list[psutil.Process]:
    """The engines' processes; other children of this one are servers that tests share."""
    children = psutil.Process().children()
    return [child for child in children if "shared.plans.processes" in " ".join(child.cmdline())]


async def results(run: Commands, command: str, *arguments: Any) -> list[Any]:
    return [result async for result in run(command, *arguments)]


def test_a_plan_is_the_same_whoever_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here, elsewhere = Desk(ROWS), Desk(ROWS, processes=2)
    one = here.plan()
    monkeypatch.setattr("shared.plans.processes.WORTH_A_PROCESS", 1)

    other = elsewhere.plan()

    assert elsewhere.bodies(other) == here.bodies(one)
    assert elsewhere.sources(other) == here.sources(one)
    assert (other.counts, other.unconverted, other.new) == (one.counts, one.unconverted, one.new)
    assert sorted(map(str, elsewhere.rejections())) == sorted(map(str, here.rejections()))
    assert other.chunks.counts == one.chunks.counts == [250, 250, 250, 150]


@pytest.mark.parametrize(
    ("size", "allowed", "count"),
    [
        (0, 2, 1),
        (WORTH_A_PROCESS, 2, 1),
        (2 * WORTH_A_PROCESS, 2, 2),
        (99 * WORTH_A_PROCESS, 3, 3),
        (99 * WORTH_A_PROCESS, 1, 1),
        (99 * WORTH_A_PROCESS, None, os.process_cpu_count()),
    ],
)
def test_a_process_is_started_only_where_there_is_enough_to_do(
    size: int, allowed: int | None, count: int
) -> None:
    assert engines_for(size, allowed) == count


@pytest.mark.parametrize("count", [1, 2])
async def test_what_breaks_in_an_engine_is_raised_here_and_the_engine_goes_on(
    tmp_path: Path, count: int
) -> None:
    async with engines(setup(tmp_path, email="Mail"), count) as crew:
        for _ in range(2):
            with pytest.raises(SegmentFormatError, match="no column 'Mail', which is mapped to email"):
                await results(crew[0], "open", 0, 0)

        (tally,) = await results(crew[0], "tally")

    assert tally.contacts == 0


async def test_an_engine_that_is_killed_interrupts_the_plan(tmp_path: Path) -> None:
    async with engines(setup(tmp_path), 2) as crew:
        await results(crew[0], "tally")
        for engine in started():
            engine.send_signal(signal.SIGKILL)

        with pytest.raises(PlanningInterrupted, match="set PLAN_PROCESSES to 1"):
            await results(crew[0], "tally")


@pytest.mark.parametrize("leave", [lambda: None, lambda: 1 / 0], ids=["at the end", "with an error"])
async def test_no_process_is_left(tmp_path: Path, leave: Callable[[], object]) -> None:
    try:
        async with engines(setup(tmp_path), 2) as crew:
            async with aclosing(crew[0]("tally")) as unread:  # type: ignore[type-var]  # it is a generator
                await anext(unread)
            children = started()
            leave()
    except ZeroDivisionError:
        pass

    assert len(children) == 2
    assert not any(child.is_running() for child in children)


async def test_an_engine_ends_when_nobody_gives_it_commands_any_more(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, sys\n"
        "from tests.unit.plans.test_processes import abandon\n"
        f"asyncio.run(abandon({str(tmp_path)!r}))\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    children = [psutil.Process(int(pid)) for pid in (await process.stdout.readline()).split()]

    process.kill()
    await process.wait()

    gone, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=10)
    assert (len(gone), alive) == (2, [])


async def abandon(folder: str) -> None:
    """Starts two engines, says which they are, and waits to be killed."""
    async with engines(setup(Path(folder)), 2) as crew:
        for run in crew:
            await results(run, "tally")
        print(*(engine.pid for engine in started()), flush=True)  # noqa: T201  # the test reads it
        await asyncio.sleep(60)
