"""Whether the real Azure CLI understands commands. Runs in an environment of its own that has azure-cli.

Reads a JSON list of argument lists from standard input, without the leading `az`, and writes one complaint a
line. Nothing is executed and nobody is asked: the commands are given to the CLI's own parser only.
"""

import contextlib
import importlib
import io
import json
import os
import sys
import tempfile
from typing import Any

# The project itself does not have it, so nothing here may be imported as if it did.
core: Any = importlib.import_module("azure.cli.core")


def complaint(arguments: list[str]) -> str:
    """What the parser says against the arguments; empty where it takes them."""
    cli = core.get_default_cli()
    invocation = cli.invocation_cls(
        cli_ctx=cli,
        parser_cls=cli.parser_cls,
        commands_loader_cls=cli.commands_loader_cls,
        help_cls=cli.help_cls,
    )
    cli.invocation = invocation
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            loader = invocation.commands_loader
            loader.load_command_table(arguments)
            command = invocation._rudimentary_get_command(arguments)
            loader.command_name = command
            invocation.data["command_string"] = command
            loader.load_arguments(command)
            invocation.parser.cli_ctx = cli
            invocation.parser.load_command_table(loader)
            invocation.parser.parse_args(arguments)
        except SystemExit as stopped:
            return said.getvalue().strip() or f"exit {stopped.code}"
        except Exception as error:  # noqa: BLE001 - whatever the CLI raises is what it has against them
            return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AZURE_CONFIG_DIR"] = folder
        for each in json.load(sys.stdin):
            if found := complaint(each):
                sys.stdout.write(f"az {' '.join(each)}: {found.splitlines()[0]}\n")
