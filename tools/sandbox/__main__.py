"""The sandbox as a program of its own: `python -m tools.sandbox --help`."""

import argparse
import asyncio
import gc
import json
import signal
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from tools.sandbox.clock import ScaledClock
from tools.sandbox.knobs import LIFTED, REALISTIC, Knobs
from tools.sandbox.server import Sandbox


def main() -> None:
    """Serve until interrupted."""
    parser = _parser()
    options = parser.parse_args()
    try:
        knobs = _knobs(options)
    except ValueError as error:
        parser.error(str(error))
    # A million contacts make full collections long; few of the objects here are ever garbage.
    gc.set_threshold(100_000, 50, 100)
    asyncio.run(_serve(options, knobs))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.sandbox", description="An ActiveCampaign API on this machine."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port of the first account; 0 takes a free one")
    parser.add_argument("--accounts", type=int, default=1, help="how many accounts, each on its own port")
    parser.add_argument("--lists", type=int, default=1, help="how many lists each account has")
    parser.add_argument(
        "--field", action="append", default=[], metavar="TITLE", help="a text field; repeatable"
    )
    parser.add_argument("--key", help="API key of every account; made up if absent")
    parser.add_argument("--seed", type=int, default=0, help="decides everything random")
    parser.add_argument("--time-scale", type=float, default=1.0, help="how much faster its time runs")
    parser.add_argument("--unlimited", action="store_true", help="no limits, imports end at once")
    parser.add_argument("--realistic", action="store_true", help="answers as slow as recorded ones")
    parser.add_argument("--knob", action="append", default=[], metavar="NAME=JSON", help="repeatable")
    parser.add_argument("--certificate", type=Path, help="PEM certificate chain; makes it https")
    parser.add_argument("--private-key", type=Path, help="PEM private key of the certificate")
    return parser


async def _serve(options: argparse.Namespace, knobs: Knobs) -> None:
    stop = asyncio.Event()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(interrupt, stop.set)
    async with AsyncExitStack() as stack:
        for number in range(options.accounts):
            sandbox = await stack.enter_async_context(_sandbox(options, knobs, number))
            print(f"Listening on {sandbox.url}", flush=True)
            print(f"API key {sandbox.api_key}", flush=True)
        await stop.wait()


def _sandbox(options: argparse.Namespace, knobs: Knobs, number: int) -> Sandbox:
    sandbox = Sandbox(
        knobs=knobs,
        clock=ScaledClock(options.time_scale),
        seed=options.seed + number,
        key=options.key,
        host=options.host,
        port=options.port + number if options.port else 0,
        tls=_tls(options),
    )
    for position in range(1, options.lists + 1):
        sandbox.add_list(f"List {position}")
    for title in options.field:
        sandbox.add_field(title)
    return sandbox


def _knobs(options: argparse.Namespace) -> Knobs:
    changes: dict[str, object] = {}
    for chosen, preset in ((options.realistic, REALISTIC), (options.unlimited, LIFTED)):
        changes.update(preset if chosen else {})
    return Knobs().changed({**changes, **_given(options.knob)})


def _given(knobs: list[str]) -> Mapping[str, object]:
    return {name: _value(text) for name, _, text in (knob.partition("=") for knob in knobs)}


def _value(text: str) -> object:
    """JSON, or the text itself, so that `bulk_window=fixed` needs no quotes."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if options.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.private_key)
    return context


if __name__ == "__main__":
    main()
