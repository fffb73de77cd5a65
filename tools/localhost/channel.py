"""The host's end of the gRPC streams to its worker processes.

Threads carry the streams; everything else happens on the event loop of the host.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

import grpc

from tools.localhost import protos
from tools.localhost.errors import WorkerLost


class Channel:
    """The stream to one worker process: requests get their replies, log lines go to `on_log`."""

    def __init__(self, on_log: Callable[[Any], None]) -> None:
        self.worker_id = str(uuid4())
        self.lost = False
        self._loop = asyncio.get_running_loop()
        self._on_log = on_log
        self._connected = asyncio.Event()
        self._outgoing: SimpleQueue[Any] = SimpleQueue()
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    async def connected(self) -> None:
        """Wait for the worker to call; raises WorkerLost if it ends instead."""
        await self._connected.wait()
        if self.lost:
            raise WorkerLost("the worker process ended while it started")

    async def ask(self, **content: Any) -> Any:
        """Send one request and give the content of its reply; raises WorkerLost if the worker ends first."""
        if self.lost:
            raise WorkerLost("the worker process has ended")
        request_id = str(uuid4())
        reply = self._waiting[request_id] = self._loop.create_future()
        self._outgoing.put(protos.messages().StreamingMessage(request_id=request_id, **content))
        try:
            return await reply
        finally:
            del self._waiting[request_id]

    def tell(self, **content: Any) -> None:
        """Send a message that has no reply."""
        self._outgoing.put(protos.messages().StreamingMessage(**content))

    def lose(self) -> None:
        """Hang up, and fail all that is waiting for a reply."""
        self.lost = True
        self._connected.set()
        self._outgoing.put(None)
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(WorkerLost("the worker process ended while the function ran"))

    def stream(self, incoming: Iterator[Any]) -> Iterator[Any]:
        """Serve the stream in a gRPC thread: yields what is to be sent, until the channel is lost."""
        threading.Thread(target=self._read, args=(incoming,), daemon=True).start()
        self._loop.call_soon_threadsafe(self._connected.set)
        yield from iter(self._outgoing.get, None)

    def _read(self, incoming: Iterator[Any]) -> None:
        with suppress(RuntimeError):  # The loop is closed: the host has stopped.
            try:
                for message in incoming:
                    self._loop.call_soon_threadsafe(self._take, message)
            except grpc.RpcError:
                pass  # The worker was killed.
            self._loop.call_soon_threadsafe(self.lose)

    def _take(self, message: Any) -> None:
        if message.HasField("rpc_log"):
            self._on_log(message.rpc_log)
            return
        reply = self._waiting.get(message.request_id)
        if reply is not None and not reply.done():
            reply.set_result(getattr(message, message.WhichOneof("content")))


class Exchange:
    """The gRPC server that the workers of one host call."""

    def __init__(self, *, workers: int) -> None:
        self._expected: dict[str, Channel] = {}
        # A stream holds a thread; while a worker restarts there may be an old one beside the new one.
        self._server = grpc.server(ThreadPoolExecutor(max_workers=2 * workers + 2), options=protos.UNLIMITED)
        protos.package().FunctionRpc_pb2_grpc.add_FunctionRpcServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def expect(self, channel: Channel) -> None:
        """Connect the worker that introduces itself with the channel's id, once."""
        self._expected[channel.worker_id] = channel

    def EventStream(self, incoming: Iterator[Any], context: Any) -> Iterator[Any]:
        """Carry one worker's stream; called by gRPC in a thread of its own."""
        first = next(incoming, None)
        channel = None if first is None else self._expected.pop(first.start_stream.worker_id, None)
        if channel is None:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "this host has not started such a worker")
            return
        yield from channel.stream(incoming)

    async def close(self) -> None:
        """Stop serving; returns when all streams have ended."""
        await asyncio.to_thread(self._server.stop(grace=0).wait)
