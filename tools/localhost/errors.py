"""What can go wrong in the local host."""


class HostError(Exception):
    """The host cannot start, or cannot go on; the message says why and what to do."""


class InvocationError(Exception):
    """One invocation failed; the host goes on. `trace` is the traceback of the app's own error."""

    def __init__(self, message: str, *, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class WorkerLost(InvocationError):
    """The worker process ended before it answered."""
