"""The chaos suite: `scripts/chaos --help`."""

import argparse
import asyncio
import random
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos import suite
from tests.chaos.scenario import Ground
from tests.chaos.table import Line, renew, table


def main() -> None:
    """Runs, prints the table, and puts it where asked; the exit code is 1 where a promise was broken."""
    options = _parser().parse_args()
    grounds = _grounds(options)
    began = time.monotonic()
    _say(f"{sum(len(ground.scenarios) for ground in grounds)} scenarios, seed {options.seed}")

    def tell(line: Line) -> None:
        _say(f"{time.monotonic() - began:4.0f} s  {line.scenario}: {'; '.join(line.broken) or line.outcome}")

    lines = asyncio.run(suite.run(grounds, seed=options.seed, tell=tell, log=options.log))
    text = table(lines, _about(lines, options, time.monotonic() - began))
    _say(f"\n{text}")
    if options.output:
        renew(options.output, text)
    sys.exit(1 if any(line.broken for line in lines) else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description="Whole exports while everything around them goes wrong."
    )
    parser.add_argument("--quick", action="store_true", help="the short form that CI runs")
    parser.add_argument("--only", metavar="NAME", help="scenarios with this in their name")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of everything random")
    parser.add_argument("--output", type=Path, metavar="FILE", help="renew the table in this document")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep what hosts and workers write")
    return parser


def _grounds(options: argparse.Namespace) -> list[Ground]:
    grounds = list(suite.QUICK if options.quick else suite.GROUNDS)
    if options.only and not (grounds := suite.only(grounds, options.only)):
        sys.exit(f"no scenario has {options.only!r} in its name")
    return grounds


def _about(lines: list[Line], options: argparse.Namespace, seconds: float) -> str:
    broken = sum(bool(line.broken) for line in lines)
    return (
        f"`{_command(options)}`, {datetime.now(UTC):%Y-%m-%d}: {len(lines)} scenarios in "
        f"{seconds / 60:.0f} minutes, {broken} of them with a broken promise."
    )


def _command(options: argparse.Namespace) -> str:
    """What gives the same run again."""
    chosen = ["--quick"] if options.quick else []
    chosen += ["--only", shlex.quote(options.only)] if options.only else []
    return " ".join(("scripts/chaos", *chosen, "--seed", str(options.seed)))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
