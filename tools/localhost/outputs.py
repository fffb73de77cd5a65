"""Queue outputs: what the Azure host makes of the values that a function leaves in its output bindings."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient

from tools.localhost.connections import HOST_STORAGE, Connections
from tools.localhost.errors import InvocationError
from tools.localhost.functions import Binding, Function
from tools.localhost.settings import Settings

# A date with a fraction that ends in zeros: .NET reads it as a date and writes it back without them.
LONG_FRACTION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:(\.\d*?)0+|\.)(Z|[+-]\d\d:\d\d)?")


class QueueOutputs:
    """Sends the messages of queue outputs, and tells `sent` the address of the queue."""

    def __init__(
        self, *, connections: Connections, settings: Settings, base64: bool, sent: Callable[[str], None]
    ) -> None:
        self._connections = connections
        self._settings = settings
        self._base64 = base64
        self._sent = sent

    def check(self, function: Function) -> None:
        """Raises HostError where an output names a queue or a connection that the settings do not give."""
        for binding in function.outputs:
            if binding.type == "queue":
                self._queue(function, binding)

    async def write(self, function: Function, values: Mapping[str, Any]) -> None:
        """Send what `values` (TypedData by binding name) holds for the function's queue outputs.

        Raises InvocationError for a value that the Azure host refuses, and where storage does not answer.
        """
        for binding in function.outputs:
            if binding.type != "queue" or binding.name not in values:
                continue
            queue = self._queue(function, binding)
            for body in messages_of(values[binding.name]):
                await self._send(queue, body)

    def _queue(self, function: Function, binding: Binding) -> QueueClient:
        name = self._settings.resolve(binding.text("queueName"), wanted_by=f"function {function.name}")
        return self._connections.queue(binding.text("connection") or HOST_STORAGE, name)

    async def _send(self, queue: QueueClient, body: bytes) -> None:
        text = base64.b64encode(body).decode() if self._base64 else body.decode("utf-8", errors="replace")
        try:
            await send(queue, text)
        except AzureError as error:
            raise InvocationError(f"the queue {queue.queue_name} did not take the output: {error}") from error
        self._sent(queue.url)


async def send(queue: QueueClient, text: str) -> None:
    """Send one message as it is; the queue is created where it is missing."""
    try:
        await queue.send_message(text)
    except ResourceNotFoundError:
        await create(queue)
        await queue.send_message(text)


async def create(queue: QueueClient) -> None:
    """Create the queue unless somebody else just has."""
    try:
        await queue.create_queue()
    except ResourceExistsError:
        return


def messages_of(value: Any) -> list[bytes]:
    """The messages that the Azure host makes of one TypedData.

    Bytes are one message, byte for byte. Text that looks like JSON is parsed: an array becomes one message an
    element, an object is written anew, indented (azure-functions-host, issue 9581). Raises InvocationError
    where it looks like JSON and is not.
    """
    kind = value.WhichOneof("data")
    if kind is None:
        return []
    if kind == "bytes":
        return [value.bytes]
    text = str(getattr(value, kind))
    if kind == "string" and not _looks_like_json(text):
        return [text.encode()]
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvocationError(
            "a queue output looks like JSON but is not; set bytes to send it as it is"
        ) from error
    return [_rewritten(item) for item in (document if isinstance(document, list) else [document])]


def _looks_like_json(text: str) -> bool:
    text = text.strip()
    return (text.startswith("{") and text.endswith("}")) or (text.startswith("[") and text.endswith("]"))


def _rewritten(item: Any) -> bytes:
    if isinstance(item, str):
        return item.encode()
    return json.dumps(_with_net_dates(item), indent=2, ensure_ascii=False).encode()


def _with_net_dates(item: Any) -> Any:
    if isinstance(item, dict):
        return {name: _with_net_dates(value) for name, value in item.items()}
    if isinstance(item, list):
        return [_with_net_dates(value) for value in item]
    match = LONG_FRACTION.fullmatch(item) if isinstance(item, str) else None
    if match is None:
        return item
    seconds, fraction, zone = match.groups(default="")
    return seconds + (fraction if len(fraction) > 1 else "") + zone
