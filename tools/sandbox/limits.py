"""How many requests the account admits (API reference, rate limits; bulk import)."""

from collections import deque

from tools.sandbox.knobs import Knobs, Window

SECOND = 1.0
MINUTE = 60.0


class Bucket:
    """Admits at most so many requests in a window of `seconds`; refused ones do not count.

    A sliding window looks back from each request, a fixed one starts anew with every multiple of `seconds`.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._stamps: deque[float] = deque()

    def used(self, now: float, window: Window) -> int:
        """How many requests the window that `now` is in has admitted."""
        while self._stamps and now - self._stamps[0] >= self.seconds:
            self._stamps.popleft()
        if window == "sliding":
            return len(self._stamps)
        current = now // self.seconds
        return sum(stamp // self.seconds == current for stamp in self._stamps)

    def admit(self, now: float, limit: int | None, window: Window) -> bool:
        """Whether the request fits in; if so it is counted."""
        if limit is None:
            return True
        if self.used(now, window) >= limit:
            return False
        self._stamps.append(now)
        return True


class Limits:
    """The account's three limits: requests a second, imports of several a minute, imports of one a minute."""

    def __init__(self) -> None:
        self._requests = Bucket(SECOND)
        self._imports = Bucket(MINUTE)
        self._singles = Bucket(MINUTE)

    def admit_request(self, now: float, knobs: Knobs) -> bool:
        """Whether the account-wide limit lets the request in."""
        return self._requests.admit(now, knobs.requests_per_second, knobs.request_window)

    def admit_import(self, now: float, contacts: int, knobs: Knobs) -> bool:
        """Whether the limit for imports of so many contacts lets the request in."""
        if contacts == 1:
            return self._singles.admit(now, knobs.single_per_minute, knobs.bulk_window)
        return self._imports.admit(now, knobs.bulk_per_minute, knobs.bulk_window)

    def remaining(self, now: float, knobs: Knobs) -> int:
        """How many requests the account-wide limit would still admit in this window."""
        limit = knobs.requests_per_second
        return 0 if limit is None else max(0, limit - self._requests.used(now, knobs.request_window))
