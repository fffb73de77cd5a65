"""What the demo was asked for on the command line."""

import argparse
import contextlib
from dataclasses import dataclass

FEWEST = 300
MOST = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`time_scale` is how many times faster than ours the sandbox's minute passes."""

    profiles: int
    keep: bool
    time_scale: float


def parse() -> Options:
    """Reads sys.argv; ends the program with a message where it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="One segment's way into an ActiveCampaign list, with a crash, and the days after: the "
        "real functions, on this machine and on free ports. Ctrl-C ends everything.",
    )
    parser.add_argument(
        "--profiles", type=_count, default=5000, metavar="N", help="rows of the segment; default 5000"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave everything running at the end, and say how to use it"
    )
    parser.add_argument(
        "--time-scale",
        type=_scale,
        default=1.0,
        metavar="S",
        help="let the minute of ActiveCampaign's limits pass S times as fast (1 to 10); default 1, real time",
    )
    return Options(**vars(parser.parse_args()))


def _count(text: str) -> int:
    if text.isdecimal() and FEWEST <= int(text) <= MOST:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number from {FEWEST:,} to {MOST:,}")


def _scale(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 1 <= float(text) <= 10:
            return float(text)
    raise argparse.ArgumentTypeError("must be a number from 1 to 10")
