"""The worker process: one gRPC stream to the host, and Microsoft's worker library at the end of it.

It does what the `proxy_worker` of Azure does on Python 3.13: the library gets each message of the host, and
what it returns is sent back. The stream is read by a thread of its own, so that the process ends at once when
the host goes, whatever the app is doing.
"""

import asyncio
import importlib
import logging
import os
import sys
import threading
import traceback
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import grpc

from tools.localhost import protos

REPLIES = {
    "worker_init_request": "worker_init_response",
    "functions_metadata_request": "function_metadata_response",
    "function_load_request": "function_load_response",
    "invocation_request": "invocation_response",
}
# The library's own lines, as opposed to the app's: Azure does not show them to the customer either.
SYSTEM_LOGGERS = ("azure.functions", "azure_functions_runtime")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRequest:
    """What the library's coroutines take: a message and what they may need beside it."""

    name: str
    request: Any
    properties: dict[str, Any]


class RpcLogHandler(logging.Handler):
    """Sends each log record to the host, with the id of the invocation that wrote it."""

    def __init__(self, worker: "Worker") -> None:
        super().__init__()
        self._worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._worker.send(rpc_log=self._line(record))
        except Exception:  # noqa: BLE001 - a line that cannot be written must not fail the function
            self.handleError(record)

    def _line(self, record: logging.LogRecord) -> Any:
        log = protos.messages().RpcLog
        system = record.name.startswith(SYSTEM_LOGGERS)
        return log(
            invocation_id=self._worker.invocation_id(),
            category=record.name,
            level=min(record.levelno // 10, log.Level.Value("Critical")),
            message=self.format(record),
            log_category=log.RpcLogCategory.Value("System" if system else "User"),
        )


class Worker:
    """Answers the host's messages with the library, all on one event loop."""

    def __init__(self, *, address: str, worker_id: str) -> None:
        self._address = address
        self._worker_id = worker_id
        self._outgoing: SimpleQueue[Any] = SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._library: Any = None

    def run(self) -> None:
        """Serve until the host hangs up; then the process ends."""
        asyncio.set_event_loop(self._loop)
        self.send(start_stream=protos.messages().StartStream(worker_id=self._worker_id))
        threading.Thread(target=self._read, daemon=True).start()
        self._loop.run_forever()

    def send(self, *, request_id: str = "", **content: Any) -> None:
        self._outgoing.put(protos.messages().StreamingMessage(request_id=request_id, **content))

    def invocation_id(self) -> str:
        return "" if self._library is None else self._library.invocation_id_cv.get() or ""

    def _read(self) -> None:
        try:
            with grpc.insecure_channel(self._address, options=protos.UNLIMITED) as channel:
                stub = protos.package().FunctionRpcStub(channel)
                for message in stub.EventStream(iter(self._outgoing.get, None)):
                    if message.HasField("worker_terminate"):
                        break
                    self._loop.call_soon_threadsafe(self._take, message)
        except grpc.RpcError:
            pass  # The host is gone: nobody is left to tell.
        finally:
            sys.stdout.flush()
            os._exit(0)

    def _take(self, message: Any) -> None:
        task = self._loop.create_task(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._end_of)

    def _end_of(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = task.exception()
        if (
            error is not None
        ):  # Not the app's, which the library answers with: the host must not wait in vain.
            traceback.print_exception(error)
            os._exit(1)

    async def _answer(self, message: Any) -> None:
        kind = message.WhichOneof("content")
        if kind not in REPLIES:
            return
        if kind == "worker_init_request":
            self._prepare(message.worker_init_request.function_app_directory)
        if kind == "invocation_request":
            self._library.invocation_id_cv.set(message.invocation_request.invocation_id)
        properties = {"protos": protos.package(), "host": "127.0.0.1"}
        request = WorkerRequest(name=kind, request=message, properties=properties)
        reply = await getattr(self._library, kind)(request)
        self.send(request_id=message.request_id, **{REPLIES[kind]: reply})

    def _prepare(self, app_directory: str) -> None:
        sys.path.insert(0, app_directory)
        root = logging.getLogger()
        root.addHandler(RpcLogHandler(self))
        root.setLevel(logging.DEBUG if os.environ.get("PYTHON_ENABLE_DEBUG_LOGGING") == "1" else logging.INFO)
        self._library = importlib.import_module("azure_functions_runtime")
        self._library.start_threadpool_executor()


def main(address: str, worker_id: str) -> None:
    """Be the worker `worker_id` of the host that listens at `address` ("127.0.0.1:50051")."""
    Worker(address=address, worker_id=worker_id).run()
