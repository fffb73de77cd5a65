"""Serves a local Key Vault with its managed identity, and prints the environment that leads to them."""

import argparse
import shlex
import signal
import tempfile
from pathlib import Path

from tools.vault.tenant import Tenant


def main() -> None:
    """Runs until it is interrupted or terminated."""
    options = _parser().parse_args()
    stop = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    with (
        tempfile.TemporaryDirectory() as directory,
        Tenant(Path(directory), vault_port=options.port, identity_port=options.identity_port) as tenant,
    ):
        for name, value in options.secret:
            tenant.vault.secrets.set(name, value)
        for name, value in tenant.environment().items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        signal.sigwait(stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.vault", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of the vault; any free one by default")
    parser.add_argument(
        "--identity-port", type=int, default=0, help="of the identity; any free one by default"
    )
    parser.add_argument(
        "--secret",
        type=_assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="may be repeated",
    )
    return parser


def _assignment(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{name!r} has no value; write NAME=VALUE")
    return name, value


if __name__ == "__main__":
    main()
