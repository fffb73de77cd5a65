"""`python -m tools.localhost`: run a function app on this computer."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from tools.localhost.errors import HostError
from tools.localhost.host import INVISIBILITY_SECONDS, Host
from tools.localhost.rpclog import OneLine
from tools.localhost.settings import local_settings
from tools.localhost.usage import DESCRIPTION, SETTINGS


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.localhost",
        description=DESCRIPTION,
        epilog=SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "app", nargs="?", type=Path, default=Path(), help="folder with function_app.py and host.json"
    )
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one; default 7071")
    parser.add_argument(
        "--instances", type=_positive, default=1, metavar="N", help="worker processes; default 1"
    )
    parser.add_argument(
        "--secrets", type=Path, metavar="DIR", help="folder of keys.json; default APP/.local/secrets"
    )
    parser.add_argument(
        "--invisibility",
        type=_positive,
        default=INVISIBILITY_SECONDS,
        metavar="SECONDS",
        help="how long a received queue message stays hidden if the host dies; default 600, as on Azure",
    )
    return parser.parse_args()


def main() -> int:
    """Run until told to end; the exit code is 1 where the app cannot run or its workers keep crashing."""
    asked = arguments()
    _log_to_stderr()
    try:
        for name, value in local_settings(asked.app).items():
            os.environ.setdefault(name, value)
        asyncio.run(_run(asked))
    except HostError as error:
        print(f"localhost: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(asked: argparse.Namespace) -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    host = Host(
        asked.app,
        os.environ,
        port=asked.port,
        instances=asked.instances,
        secrets=asked.secrets or asked.app / ".local" / "secrets",
        invisibility=asked.invisibility,
        announce=_say,
    )
    async with host:
        _introduce(host)
        given_up = asyncio.create_task(host.until_failed())
        ending = asyncio.create_task(told_to_end.wait())
        await asyncio.wait([given_up, ending], return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if told_to_end.is_set():
            given_up.cancel()
        with suppress(asyncio.CancelledError):
            await given_up


def _introduce(host: Host) -> None:
    for function in sorted(host.functions, key=lambda function: function.name):
        _say(f"Function {function.name} ({function.trigger.type.removesuffix('Trigger')})")
    _say(f"Keys are in {host.keys.path}")
    _say(f"Listening on {host.url}")


def _say(line: str) -> None:
    print(line, flush=True)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("azure").setLevel(logging.WARNING)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
