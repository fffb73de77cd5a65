"""Running a function once: worker, outputs, history, log."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tools.localhost import protos
from tools.localhost.errors import InvocationError
from tools.localhost.functions import Function
from tools.localhost.history import History, Invocation
from tools.localhost.instance import Instance
from tools.localhost.outputs import QueueOutputs
from tools.localhost.triggers import TriggerInput

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How it ended, and the TypedData of the outputs by binding name (the return value is `$return`)."""

    invocation: Invocation
    outputs: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether the function and the writing of its outputs went well."""
        return bool(self.invocation.ok)


class Invocations:
    """Runs functions and keeps account of it."""

    def __init__(self, *, history: History, outputs: QueueOutputs, timeout: float | None) -> None:
        self._history = history
        self._outputs = outputs
        self._timeout = timeout

    async def run(
        self, function: Function, trigger: TriggerInput, instance: Instance, *, trace: str = ""
    ) -> Result:
        """Run the function once, when a worker stands by; a failure is in the result, nothing is raised."""
        invocation = Invocation(
            function=function.name, id=str(uuid4()), instance=instance.number, started=datetime.now(UTC)
        )
        try:
            await instance.available()
            invocation = replace(invocation, started=datetime.now(UTC))
            self._history.begin(invocation)
            request = _request(function, trigger, invocation.id, trace)
            outputs = _outputs(await instance.invoke(request, self._timeout))
            await self._outputs.write(function, outputs)
        except InvocationError as error:
            return Result(invocation=self._end(invocation, error), outputs={})
        return Result(invocation=self._end(invocation, None), outputs=outputs)

    def _end(self, invocation: Invocation, error: InvocationError | None) -> Invocation:
        ended = datetime.now(UTC)
        what = f"{invocation.function} {invocation.id}"
        milliseconds = (ended - invocation.started).total_seconds() * 1000
        if error is None:
            log.info("%s: ended well after %.0f ms", what, milliseconds)
        else:
            log.error("%s: failed after %.0f ms: %s\n%s", what, milliseconds, error, error.trace)
        text = None if error is None else str(error)
        invocation = replace(invocation, ended=ended, ok=error is None, error=text)
        self._history.end(invocation)
        return invocation


def _request(function: Function, trigger: TriggerInput, invocation_id: str, trace: str) -> Any:
    rpc = protos.messages()
    # W3C Trace Context: version, trace id, parent id, sampled.
    parent = trace or f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"
    return rpc.InvocationRequest(
        invocation_id=invocation_id,
        function_id=function.id,
        input_data=[rpc.ParameterBinding(name=function.trigger.name, data=trigger.data)],
        trigger_metadata=trigger.metadata,
        trace_context=rpc.RpcTraceContext(trace_parent=parent),
    )


def _outputs(response: Any) -> Mapping[str, Any]:
    result = response.result
    if result.status != protos.messages().StatusResult.Success:
        raise InvocationError(result.exception.message, trace=result.exception.stack_trace)
    return {output.name: output.data for output in response.output_data} | {"$return": response.return_value}
