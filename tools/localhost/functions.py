"""The functions of an app, as its worker describes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.localhost.errors import HostError

TRIGGERS = ("httpTrigger", "queueTrigger", "timerTrigger")
OUTPUTS = ("http", "queue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One binding; `options` is its raw JSON, upper case and all."""

    name: str
    type: str
    options: Mapping[str, Any]

    def text(self, option: str, default: str = "") -> str:
        """The option as text, `default` where it is missing or null."""
        value = self.options.get(option)
        return default if value is None else str(value)

    def flag(self, option: str, *, default: bool) -> bool:
        """The option as true or false."""
        return self.text(option, str(default)).casefold() == "true"

    @property
    def is_binary(self) -> bool:
        """Whether the function wants bytes rather than text."""
        return self.text("dataType").casefold() == "binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: what starts it and where its outputs go; `metadata` is the worker's own description."""

    name: str
    id: str
    trigger: Binding
    outputs: tuple[Binding, ...]
    metadata: Any


def read_function(metadata: Any) -> Function:
    """Read one RpcFunctionMetadata; raises HostError for a binding this host does not have."""
    bindings = [_binding(json.loads(raw)) for raw in metadata.raw_bindings]
    for binding in bindings:
        if binding.type not in TRIGGERS + OUTPUTS:
            raise HostError(
                f"function {metadata.name}: the local host has no binding of type {binding.type};"
                f" it has {', '.join(TRIGGERS + OUTPUTS)}"
            )
    if metadata.HasField("retry_options"):
        raise HostError(f"function {metadata.name}: the local host has no retry policies")
    triggers = [binding for binding in bindings if binding.type in TRIGGERS]
    if len(triggers) != 1:
        raise HostError(f"function {metadata.name} has {len(triggers)} triggers; it must have one")
    return Function(
        name=metadata.name,
        id=metadata.function_id,
        trigger=triggers[0],
        outputs=tuple(binding for binding in bindings if binding.type in OUTPUTS),
        metadata=metadata,
    )


def _binding(options: dict[str, Any]) -> Binding:
    return Binding(name=options["name"], type=options["type"], options=options)
