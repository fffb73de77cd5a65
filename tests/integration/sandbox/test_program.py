import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

_ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def _program(*options: str) -> AsyncIterator[tuple[Process, list[tuple[str, str]]]]:
    """The program, and the address and key of each of its accounts."""
    accounts = int(options[options.index("--accounts") + 1]) if "--accounts" in options else 1
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.sandbox", *options, cwd=_ROOT, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        lines = [(await process.stdout.readline()).decode().split() for _ in range(2 * accounts)]
        yield process, [(lines[at][-1], lines[at + 1][-1]) for at in range(0, len(lines), 2)]
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def test_the_program_says_where_it_listens_and_stops_when_asked() -> None:
    async with _program("--accounts", "2", "--lists", "3", "--knob", "bulk_window=fixed") as started:
        process, accounts = started
        lists = []
        async with ClientSession() as session:
            for url, key in accounts:
                async with session.get(f"{url}/api/3/lists", headers={"Api-Token": key}) as response:
                    lists.append(json.loads(await response.read())["meta"]["total"])
            async with session.get(f"{accounts[0][0]}/control/knobs") as response:
                knobs = await response.json()

    assert process.returncode == 0
    assert lists == ["3", "3"]
    assert knobs["bulk_window"] == "fixed"
    assert accounts[0] != accounts[1]
    assert len(accounts[0][1]) == 72


async def test_the_program_names_a_wrong_knob() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.sandbox", "--knob", "gravity=1", cwd=_ROOT, stderr=PIPE
    )

    errors = (await process.communicate())[1].decode()

    assert process.returncode == 2
    assert "gravity" in errors


async def test_the_program_runs_faster_than_time_and_without_limits() -> None:
    options = ("--time-scale", "10", "--unlimited", "--field", "Colour", "--key", "secret")
    async with _program(*options) as (_, accounts), ClientSession() as session:
        url, key = accounts[0]
        statuses = []
        for _ in range(20):
            async with session.get(f"{url}/api/3/fields", headers={"Api-Token": key}) as response:
                statuses.append(response.status)
                fields = json.loads(await response.read())["fields"]

    assert key == "secret"
    assert statuses == [200] * 20
    assert fields[0]["title"] == "Colour"
