"""What the worker is given when a trigger fires: the input of the function, and the metadata beside it."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.storage.queue import QueueMessage

from tools.localhost import protos
from tools.localhost.functions import Function


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerInput:
    """A TypedData, and more of them by name."""

    data: Any
    metadata: dict[str, Any] = field(default_factory=dict)


def queue_input(body: bytes, message: QueueMessage | None, *, binary: bool) -> TriggerInput:
    """The input of a queue function; `message` is None when it is run by hand.

    Where the body is a JSON object, its properties replace metadata of the same name whatever their case: so
    does the Azure host (azure-webjobs-sdk-extensions, issue 882).
    """
    typed = protos.messages().TypedData
    text = body.decode("utf-8", errors="replace")
    metadata: dict[str, Any] = {"QueueTrigger": typed(string=text)}
    if message is not None:
        metadata |= _message_metadata(message)
    _overwrite(metadata, text)
    return TriggerInput(data=typed(bytes=body) if binary else typed(string=text), metadata=metadata)


def timer_input(*, past_due: bool, status: dict[str, str] | None) -> TriggerInput:
    """The input of a timer function."""
    document = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return TriggerInput(data=protos.messages().TypedData(json=json.dumps(document)))


def input_by_hand(function: Function, text: str) -> TriggerInput:
    """The input of a queue or timer function that somebody runs by hand."""
    if function.trigger.type == "timerTrigger":
        return timer_input(past_due=False, status=None)
    return queue_input(text.encode(), None, binary=function.trigger.is_binary)


def _message_metadata(message: QueueMessage) -> dict[str, Any]:
    typed = protos.messages().TypedData
    return {
        "Id": typed(string=message.id),
        "PopReceipt": typed(string=message.pop_receipt),
        "DequeueCount": typed(json=str(message.dequeue_count)),
        "InsertionTime": typed(json=_json_time(message.inserted_on)),
        "ExpirationTime": typed(json=_json_time(message.expires_on)),
        "NextVisibleTime": typed(json=_json_time(message.next_visible_on)),
    }


def _json_time(moment: datetime | None) -> str:
    return json.dumps(None if moment is None else moment.isoformat())


def _overwrite(metadata: dict[str, Any], text: str) -> None:
    try:
        document = json.loads(text)
    except ValueError:
        return
    if not isinstance(document, dict):
        return
    typed = protos.messages().TypedData
    names: dict[str, str] = {name.casefold(): name for name in metadata}
    for name, value in document.items():
        if value is not None:
            data = typed(string=value) if isinstance(value, str) else typed(json=json.dumps(value))
            metadata[names.get(str(name).casefold()) or name] = data
