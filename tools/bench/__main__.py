"""The benchmark: `scripts/bench --help`."""

import argparse
import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from tools.bench.machine import describe
from tools.bench.measures import Bench, Figure
from tools.bench.sandbox import SandboxProcess
from tools.bench.segment import ATTRIBUTES, COLUMNS, profiles
from tools.deployment import Deployment
from tools.segments.writer import write_segment

_LIFTED = {
    "ACTIVECAMPAIGN_BULK_PER_MINUTE": "1000000",
    "ACTIVECAMPAIGN_SINGLE_PER_MINUTE": "1000000",
    "ACTIVECAMPAIGN_REQUESTS_PER_SECOND": "100000",
}


def main() -> None:
    """Measures, prints the table, and writes it where asked."""
    options = _parser().parse_args()
    figures = asyncio.run(_measure(options))
    table = _table(figures, options)
    print(table)
    if options.output:
        options.output.write_text(table)
    raise SystemExit(0 if all(figure.is_met for figure in figures) else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures what the README promises.")
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--time-scale", type=float, default=10, help="of the run at the limits; at most 10")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--skip-limits", action="store_true", help="leave out the run at the limits")
    which.add_argument("--only-limits", action="store_true", help="leave out everything else")
    parser.add_argument("--output", type=Path, help="a file for the table")
    return parser


async def _measure(options: argparse.Namespace) -> list[Figure]:
    figures: list[Figure] = []
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(SandboxProcess("--unlimited", fields=ATTRIBUTES))
        deployment = await stack.enter_async_context(Deployment(_LIFTED | {"CONFIRM_AFTER_SECONDS": "5"}))
        await _write(deployment, options.profiles)
        if not options.only_limits:
            await _without_limits(Bench(deployment, sandbox, options.profiles), figures)
        if not options.skip_limits:
            _note(figures, await _at_limits(deployment, options))
    return figures


async def _without_limits(bench: Bench, figures: list[Figure]) -> None:
    await bench.prepare()
    await bench.prepare_all()
    async with bench.memory() as peak:
        _note(figures, await bench.plan("four", 15))
        _note(figures, await bench.plan("all", 30))
        _note(figures, *await bench.deliver())
        _note(figures, await bench.again())
        _note(figures, peak())


async def _at_limits(first: Deployment, options: argparse.Namespace) -> Figure:
    """A fresh deployment over the same segment; every time of it is divided by the scale."""
    scale: float = options.time_scale
    async with (
        SandboxProcess("--time-scale", f"{scale:g}") as sandbox,
        Deployment(_scaled(first, scale), azurite=first.azurite) as deployment,
    ):
        bench = Bench(deployment, sandbox, options.profiles)
        await bench.prepare()
        return await bench.at_limits(scale)


def _scaled(first: Deployment, scale: float) -> Mapping[str, str]:
    return {
        "SEGMENTS_CONTAINER": first.settings()["SEGMENTS_CONTAINER"],
        "ACTIVECAMPAIGN_BULK_PER_MINUTE": f"{100 * scale:g}",
        "ACTIVECAMPAIGN_SINGLE_PER_MINUTE": f"{20 * scale:g}",
        "ACTIVECAMPAIGN_REQUESTS_PER_SECOND": f"{5 * scale:g}",
        "CONFIRM_AFTER_SECONDS": f"{30 / scale:g}",
        "SLICE_SECONDS": f"{420 / scale:g}",
    }


async def _write(deployment: Deployment, count: int) -> None:
    print(f"writing {count:,} profiles of {len(COLUMNS)} columns", flush=True)
    await write_segment(
        deployment.segments,
        segment="Everybody",
        columns=COLUMNS,
        rows=profiles(count),
        partitions=10,
        taken_at=datetime.now(UTC),
        instance_id="00000000-0000-0000-0000-000000000001",
    )


def _note(figures: list[Figure], *new: Figure) -> None:
    for figure in new:
        figures.append(figure)
        print(f"{figure.name}: {figure.value:.1f} {figure.unit} {figure.note}", flush=True)


def _table(figures: list[Figure], options: argparse.Namespace) -> str:
    lines = [
        f"{options.profiles:,} profiles of {len(COLUMNS)} columns, {datetime.now(UTC):%Y-%m-%d}.",
        f"Machine: {describe()}.",
        "",
        "| what | measured | target | met | note |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {f.name} | {f.value:.1f} {f.unit} | ≤ {f.target:g} {f.unit} | {'yes' if f.is_met else 'no'} "
        f"| {f.note} |"
        for f in figures
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
