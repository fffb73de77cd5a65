"""One operation of the HTTP contract: what it takes, gives and raises."""

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from shared.errors import (
    ConfigurationError,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionRequired,
    SegmentExportError,
    StateUnavailable,
    Unauthorized,
    UnsupportedMediaType,
)

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]

_ALWAYS = (Unauthorized, Forbidden, InvalidInput, ConfigurationError, StateUnavailable)
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One line of the HTTP contract."""

    name: str
    """Its function, and its line in the table of permissions."""
    method: Method
    route: str
    """Below `/api/`, with parameters in braces."""
    summary: str
    takes: type[BaseModel] | None
    """The body, if there is one; for PATCH the document that the merge patch applies to."""
    query: type[BaseModel] | None
    gives: type[BaseModel] | str | None
    """The answer's model, its media type where it is no model's JSON, or None for an empty one."""
    status: int
    also: tuple[int, ...] = ()
    """Further statuses with the same answer."""
    raises: tuple[type[SegmentExportError], ...] = ()
    """Beside what every operation may raise."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the route's parameters."""
        return tuple(_PARAMETER.findall(self.route))

    @property
    def wants_etag(self) -> bool:
        """Whether it changes exactly the version that was read (If-Match)."""
        return PreconditionRequired in self.raises

    @property
    def refusals(self) -> tuple[type[SegmentExportError], ...]:
        """All that it may raise, each once."""
        missing = (NotFound,) if self.parameters else ()
        unread = (UnsupportedMediaType,) if self.takes else ()
        return tuple(dict.fromkeys((*_ALWAYS, *missing, *unread, *self.raises)))
