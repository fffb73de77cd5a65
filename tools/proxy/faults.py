"""What goes wrong with which requests."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

type Kind = Literal["swallow", "refuse", "hang", "cut"]
"""swallow: carried out, then the connection closes without an answer. refuse: answered with `status`, not
carried out. hang: neither carried out nor answered. cut: carried out, then half of the answer's body and the
end of the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    `request` is a pattern (of `fnmatch`) of the method and of the path with its query as they are on the
    wire, such as `PUT */run.json*` or `PUT *comp=appendblock*`. `at` names the requests it strikes, counted
    from 1 among those that match since it was set; without it, it strikes the first `times` of them.
    """

    kind: Kind
    request: str = "*"
    at: tuple[int, ...] = ()
    times: int = 1
    status: int = 503


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0

    def strikes(self, request: str) -> bool:
        if not fnmatchcase(request, self.fault.request):
            return False
        self.seen += 1
        return self.seen in self.fault.at if self.fault.at else self.seen <= self.fault.times


@dataclass(slots=True)
class Faults:
    """The faults that are set; of several that would strike a request, the earliest does."""

    struck: list[str] = field(default_factory=list)
    """The requests that were struck, in order."""
    _armed: list[_Armed] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Sets a fault."""
        self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Takes all faults back."""
        self._armed.clear()

    def strike(self, request: str) -> Fault | None:
        """The fault of this request, if it has one; each fault counts the request."""
        striking = [armed.fault for armed in self._armed if armed.strikes(request)]
        if not striking:
            return None
        self.struck.append(request)
        return striking[0]
