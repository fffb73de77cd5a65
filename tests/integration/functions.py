"""The app's functions as Microsoft's worker library describes them to a host.

`python -m tests.integration.functions` writes the description that `test_functions.py` compares with.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools import local
from tools.localhost.channel import Exchange
from tools.localhost.functions import read_function
from tools.localhost.process import WorkerProcess

EXPECTED = Path(__file__).with_name("functions.json")
RENEW = ".venv/bin/python -m tests.integration.functions"

type Functions = dict[str, list[dict[str, Any]]]
"""By function: its bindings, raw, with every option."""


async def described(environment: Mapping[str, str]) -> Functions:
    """The functions of an app with this environment, from a worker process of its own."""
    exchange = Exchange(workers=1)
    try:
        worker = await WorkerProcess.spawn(
            exchange=exchange, app_dir=local.ROOT, environment=environment, on_log=lambda line: None
        )
        try:
            found = [read_function(metadata) for metadata in await worker.load(local.ROOT)]
        finally:
            await worker.stop()
    finally:
        await exchange.close()
    return {
        function.name: [json.loads(raw) for raw in function.metadata.raw_bindings]
        for function in sorted(found, key=lambda function: function.name)
    }


def text_of(functions: Functions) -> str:
    """The functions as JSON that shows each change in a line of its own."""
    return json.dumps(functions, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Writes the description anew, with the keys of `AUTHENTICATION=function_key`."""
    EXPECTED.write_text(text_of(asyncio.run(described({"AUTHENTICATION": "function_key"}))))


if __name__ == "__main__":
    main()
