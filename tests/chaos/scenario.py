"""Scenarios, and the grounds they are played on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.chaos.trial import Trial

WELL = frozenset(("successful", "completed_with_warnings"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One thing that goes wrong.

    `play` makes the exports, starts their runs and strikes; what is over by itself it need not wait for.
    `ends` are the states in which the struck runs may end. Whoever did not arrive by then arrives with the
    next run, as after the next snapshot.
    """

    name: str
    play: Callable[[Trial], Awaitable[None]]
    ends: frozenset[str] = WELL
    patience: float = 150
    """Seconds until each run must have ended."""
    quick: bool = False
    """Whether it is part of the short form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A deployment, and the scenarios that are played on it, so many at a time."""

    name: str
    scenarios: tuple[Scenario, ...]
    together: int = 1
    instances: int = 2
    kills: bool = False
    """Whether processes die here, whose temporary files stay until the machine is gone."""
    proxied: bool = True
    """Whether our own storage is reached through proxies, which can misbehave and cost time."""
    settings: Mapping[str, str] = field(default_factory=dict)
