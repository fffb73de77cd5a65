"""What a fake service is told to do wrong, request by request."""

import asyncio
from collections import deque
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One answer with `status` and perhaps Retry-After, in seconds; where it is None, no answer at all: the
    connection is closed, or stays open where it `hangs`.
    """

    status: int | None
    retry_after: int | None = None
    hangs: bool = False


class Faults:
    """The faults still to come, each for one request, in the order they were ordered."""

    def __init__(self) -> None:
        self._coming: deque[Fault] = deque()

    def answer(self, status: int, *, retry_after: int | None = None, times: int = 1) -> None:
        """The next requests are answered with this status, and are not carried out."""
        self._coming.extend([Fault(status=status, retry_after=retry_after)] * times)

    def hang_up(self, *, times: int = 1) -> None:
        """The next requests find their connection closed, and are not carried out."""
        self._coming.extend([Fault(status=None)] * times)

    def hang(self, *, times: int = 1) -> None:
        """The next requests are never answered, and are not carried out."""
        self._coming.extend([Fault(status=None, hangs=True)] * times)

    def clear(self) -> None:
        """No more faults."""
        self._coming.clear()

    def __len__(self) -> int:
        return len(self._coming)

    async def respond(self, request: web.Request) -> web.Response | None:
        """The answer of the next fault; None where no fault is left."""
        if not self._coming:
            return None
        fault = self._coming.popleft()
        if fault.hangs:
            while request.transport:  # noqa: ASYNC110 - aiohttp tells in no other way that the client is gone
                await asyncio.sleep(0.05)
        if fault.status is None:
            if request.transport:
                request.transport.abort()
            return web.Response()
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        error = {"code": "LocalFault", "message": "This fault was ordered."}
        return web.json_response({"error": error}, status=fault.status, headers=headers)
