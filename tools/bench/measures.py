"""The measurements, each from the app's own record of a run and from what the sandbox saw."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from tools.bench.machine import PeakMemory
from tools.bench.sandbox import KEY, SandboxProcess
from tools.bench.segment import ALL, FOUR
from tools.deployment import Deployment

_PATIENCE = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table; `target` and `value` in the same unit."""

    name: str
    value: float
    target: float
    unit: str
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the value keeps the target."""
        return self.value <= self.target


@dataclass(frozen=True, slots=True)
class Bench:
    """Measures one deployment against one sandbox."""

    deployment: Deployment
    sandbox: SandboxProcess
    profiles: int

    async def prepare(self) -> None:
        """A connection, and an export of four fields."""
        await self.deployment.connect(self.sandbox.url, KEY)
        await self._export("four", FOUR)

    async def prepare_all(self) -> None:
        """An export of all fields."""
        await self._export("all", ALL)

    async def plan(self, export: str, target: float, times: int = 3) -> Figure:
        """The median time to plan, nothing being sent."""
        seconds = [
            _between(await self._run(export, dry_run=True), "started_at", "planned_at") for _ in range(times)
        ]
        fields = 4 if export == "four" else 29
        return Figure(
            name=f"plan, {fields} mapped fields",
            value=median(seconds),
            target=target,
            unit="s",
            note=f"median of {times}",
        )

    async def deliver(self) -> list[Figure]:
        """The hand-over without limits, and what comes behind it."""
        run = await self._run("four")
        times = await self.sandbox.accepted_times()
        self._expect(run, imported=self.profiles)
        return [
            Figure(
                name="deliver without limits",
                value=times[-1] - times[0],
                target=45,
                unit="s",
                note=f"{len(times):,} requests, first to last acceptance; "
                f"confirming and commit took {_between(run, 'handed_over_at', 'ended_at'):.0f} s more",
            )
        ]

    async def again(self) -> Figure:
        """The same snapshot once more."""
        before = (await self.sandbox.evidence())["by_endpoint"]
        run = await self._run("four")
        after = (await self.sandbox.evidence())["by_endpoint"]
        self._expect(run, unchanged=self.profiles)
        imports = after["POST import/bulk_import"] - before["POST import/bulk_import"]
        return Figure(
            name="unchanged second run",
            value=_between(run, "started_at", "ended_at"),
            target=15,
            unit="s",
            note=f"{imports} contact requests",
        )

    async def at_limits(self, scale: float) -> Figure:
        """The hand-over at the documented limits, by a clock that runs `scale` times faster."""
        run = await self._run("four")
        self._expect(run, imported=self.profiles)
        times = await self.sandbox.accepted_times()
        evidence = await self.sandbox.evidence()
        tail = _between(run, "handed_over_at", "ended_at") * scale
        return Figure(
            name="deliver at the documented limits",
            value=(times[-1] - times[0]) / 60,
            target=41.5,
            unit="min",
            note=f"clock {scale:g} times faster; most in a minute {evidence['most_imports_per_minute']}, "
            f"{evidence['over_limit']} over a limit; confirmation tail {tail / 60:.1f} min",
        )

    @asynccontextmanager
    async def memory(self) -> AsyncIterator[Callable[[], Figure]]:
        """The peak of a worker, with the processes that plan for it, while the block runs."""
        peak = PeakMemory(self.deployment.host.worker_pids)
        watching = asyncio.create_task(peak.watch())
        try:
            yield lambda: Figure(
                name="peak memory of the worker",
                value=peak.megabytes,
                target=300,
                unit="MB",
                note="with the processes that plan for it",
            )
        finally:
            watching.cancel()

    async def _export(self, export: str, mapping: dict[str, Any]) -> None:
        await self.deployment.api.post(
            "exports",
            {
                "id": export,
                "name": export,
                "connection": "main",
                "list_id": 1,
                "segments": [{"name": "Everybody"}],
                "mapping": mapping,
            },
        )

    async def _run(self, export: str, *, dry_run: bool = False) -> dict[str, Any]:
        started = await self.deployment.api.post(f"exports/{export}/runs", {"dry_run": dry_run})
        run = await self.deployment.api.run_to_end(started["id"], seconds=_PATIENCE)
        if run["state"] != "successful":
            raise RuntimeError(
                f"run {run['id']} is {run['state']}: {run.get('problem') or run.get('reason')}"
            )
        return run

    @staticmethod
    def _expect(run: dict[str, Any], **counts: int) -> None:
        for name, count in counts.items():
            if run["counts"][name] != count:
                raise RuntimeError(f"run {run['id']}: {name} is {run['counts'][name]}, not {count}")


def _between(run: dict[str, Any], start: str, end: str) -> float:
    times = (datetime.fromisoformat(run[name]) for name in (start, end))
    first, last = times
    return (last - first).total_seconds()
