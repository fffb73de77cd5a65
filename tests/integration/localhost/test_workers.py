"""What becomes of the work when a worker, or the host, dies."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.integration.localhost.store import APP, Store
from tools import local
from tools.localhost.errors import HostError
from tools.localhost.history import Invocation
from tools.localhost.host import Host

APP_THAT_ENDS = """
import os, threading
import azure.functions as func
app = func.FunctionApp()

@app.route("x")
def x(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse()

@app.queue_trigger("message", "%SLOW_QUEUE%", "AzureWebJobsStorage")
def take(message: func.QueueMessage) -> None: ...

threading.Timer(0.2, os._exit, [3]).start()
"""


def runs(host: Host, function: str) -> list[Invocation]:
    return [each for each in host.history if each.function == function]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def gone(pid: int) -> None:
    async with asyncio.timeout(5):
        while is_running(pid):  # noqa: ASYNC110 - it is not our child
            await asyncio.sleep(0.02)


@asynccontextmanager
async def command(store: Store, secrets: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The host as a process of its own, like on the command line."""
    arguments = [str(APP), "--port", "0", "--secrets", str(secrets), *options]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tools.localhost", *arguments),
        cwd=local.ROOT,
        env=os.environ | store.settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def words_until_ready(process: asyncio.subprocess.Process) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(20):
        while not lines or not lines[-1].startswith("Listening on http://127.0.0.1:"):
            line = (await process.stdout.readline()).decode()
            assert line, f"the host ended: {lines}"
            lines.append(line.rstrip())
    return lines


async def test_a_killed_worker_fails_its_message_which_its_successor_gets_again(store: Store) -> None:
    async with Host(APP, store.settings) as host:
        [first] = host.worker_pids
        await store.send("SLOW_QUEUE", "30")
        await host.wait_for(lambda host: len(host.running) == 1)
        os.kill(first, signal.SIGKILL)
        await host.wait_for(lambda host: len(runs(host, "linger")) == 2)
        await store.emptied("SLOW_QUEUE")
        [second] = host.worker_pids

    blob = await store.blob("lingered")
    assert [each.ok for each in runs(host, "linger")] == [False, True]
    assert (blob["dequeue_count"], blob["pid"]) == (2, second)
    assert first != second


async def test_requests_wait_for_the_successor_of_a_killed_worker(store: Store) -> None:
    async with Host(APP, store.settings) as host, aiohttp.ClientSession(host.url) as client:
        [first] = host.worker_pids
        os.kill(first, signal.SIGKILL)
        await host.wait_for(lambda host: first not in host.worker_pids)
        async with client.get("/api/open") as response:
            seen = await response.json()

        assert response.status == 200
        assert [seen["pid"]] == host.worker_pids


async def test_a_worker_may_be_killed_time_and_again_as_long_as_it_gets_work_done(store: Store) -> None:
    async with Host(APP, store.settings) as host, aiohttp.ClientSession(host.url) as client:
        for _ in range(4):
            async with client.get("/api/open") as response:
                pid = (await response.json())["pid"]
            os.kill(pid, signal.SIGKILL)
            await host.wait_for(lambda host, pid=pid: pid not in host.worker_pids)  # type: ignore[misc]

        assert len(runs(host, "see")) == 4


async def test_function_timeout_fails_the_run_and_kills_the_worker(store: Store) -> None:
    setting = {"AzureFunctionsJobHost__functionTimeout": "00:00:01"}
    async with Host(APP, store.settings | setting) as host, aiohttp.ClientSession(host.url) as client:
        [first] = host.worker_pids
        async with client.get("/api/sleep/30") as response:
            assert (response.status, await response.read()) == (500, b"")
        async with client.get("/api/open") as response:
            [second] = host.worker_pids

    assert response.status == 200
    assert first != second
    assert not is_running(first)
    assert "functionTimeout" in (runs(host, "sleep")[0].error or "")


async def test_a_worker_that_ends_right_after_each_start_ends_the_host(store: Store, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(APP_THAT_ENDS)

    async with Host(tmp_path, store.settings) as host:
        with pytest.raises(HostError, match="right after its start 4 times in a row"):
            await host.wait_for(lambda host: False, timeout=20)


async def test_an_instance_that_gave_up_takes_no_messages(store: Store, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(APP_THAT_ENDS)

    async with Host(tmp_path, store.settings) as host:
        with pytest.raises(HostError, match="right after its start"):
            await host.wait_for(lambda host: False, timeout=20)
        await store.send("SLOW_QUEUE", "0")
        await asyncio.sleep(0.5)

    message = await store.queue("SLOW_QUEUE").receive_message()
    assert message is not None
    assert message.dequeue_count == 1


async def test_an_orderly_end_lets_functions_end_and_leaves_no_process(store: Store) -> None:
    async with Host(APP, store.settings, instances=2) as host:
        pids = host.worker_pids
        await store.send("SLOW_QUEUE", "0.5")
        await host.wait_for(lambda host: len(host.running) == 1)

    assert [each.ok for each in runs(host, "linger")] == [True]
    assert await store.count("SLOW_QUEUE") == 0
    assert not any(is_running(pid) for pid in pids)


async def test_an_end_does_not_wait_for_what_takes_too_long_and_gives_the_message_back(store: Store) -> None:
    async with Host(APP, store.settings, grace=0.2) as host:
        await store.send("SLOW_QUEUE", "60")
        await host.wait_for(lambda host: len(host.running) == 1)
        clock = time.monotonic()

    message = await store.queue("SLOW_QUEUE").receive_message()
    assert time.monotonic() - clock < 5
    assert message is not None
    assert message.dequeue_count == 2


async def test_a_killed_host_leaves_no_worker_and_its_message_comes_back_after_the_invisibility(
    store: Store, tmp_path: Path
) -> None:
    async with command(store, tmp_path, "--invisibility", "2") as process:
        lines = await words_until_ready(process)
        worker = int(lines[0].removeprefix("Worker 1 is process "))
        await store.send("SLOW_QUEUE", "30")
        await _until_hidden(store)
        process.kill()
        await gone(worker)

    async with Host(APP, store.settings) as host:
        await host.wait_for(lambda host: len(runs(host, "linger")) == 1)
    assert (await store.blob("lingered"))["dequeue_count"] == 2


async def test_the_command_tells_its_workers_functions_keys_and_address_and_ends_on_a_signal(
    store: Store, tmp_path: Path
) -> None:
    async with command(store, tmp_path, "--instances", "2") as process:
        lines = await words_until_ready(process)
        pids = [int(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("Worker ")]
        url = lines[-1].removeprefix("Listening on ")
        async with aiohttp.ClientSession(url) as client, client.get("/api/open") as response:
            seen = await response.json()
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 10)

    assert [line.split(" is ")[0] for line in lines[:2]] == ["Worker 1", "Worker 2"]
    assert "Function count_words (queue)" in lines
    assert f"Keys are in {tmp_path / 'keys.json'}" in lines
    assert seen["pid"] in pids
    assert (out, process.returncode) == (b"", 0)
    [logged] = [line for line in err.decode().splitlines() if "seen on" in line]
    assert "INFO" in logged
    assert logged.endswith("| and a second line")
    assert not any(is_running(pid) for pid in pids)


async def _until_hidden(store: Store) -> None:
    async with asyncio.timeout(10):
        while not await store.count("SLOW_QUEUE") or await store.queue("SLOW_QUEUE").peek_messages():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
