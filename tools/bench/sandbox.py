"""The sandbox in a process of its own, so that it takes no time from the app."""

import asyncio
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp

from tools import local

KEY = "0123456789abcdef" * 4


class SandboxProcess:
    """`python -m tools.sandbox` with these arguments, while the block lasts."""

    def __init__(self, *arguments: str, fields: Sequence[str] = ()) -> None:
        self._arguments = [*arguments, "--key", KEY]
        for field in fields:
            self._arguments += ["--field", field]
        self._process: asyncio.subprocess.Process
        self.url = ""

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tools.sandbox",
            *self._arguments,
            cwd=local.ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        while not self.url:
            line = (await self._process.stdout.readline()).decode()
            if not line:
                raise RuntimeError("the sandbox ended before it listened")
            if line.startswith("Listening on "):
                self.url = line.removeprefix("Listening on ").strip()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()

    async def evidence(self) -> dict[str, Any]:
        """What the sandbox saw."""
        return await self._get("/control/evidence")

    async def accepted_times(self) -> list[float]:
        """When each import was accepted, in the sandbox's seconds."""
        times: list[float] = []
        while True:
            page = await self._get(f"/control/evidence/batches?offset={len(times)}&limit=1000")
            times += [batch["time"] for batch in page["batches"]]
            if not page["batches"] or len(times) >= page["total"]:
                return times

    async def _get(self, path: str) -> dict[str, Any]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found
