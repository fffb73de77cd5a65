"""Misbehaviour on demand: what goes wrong, at which endpoint, and how often."""

from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from tools.sandbox.batches import Fate, Stage

type Kind = Literal[
    "html_error", "cloudflare_json", "empty", "login_page", "redirect", "forbidden", "rate_limited",
    "unavailable", "hang", "delay", "drop", "truncate", "cut", "stall",
    "delete_list", "revoke_key", "batch_failed", "batch_interrupted", "batch_undecided",
]  # fmt: skip
type Moment = Literal["before", "after", "batch"]

_BATCH = frozenset({"batch_failed", "batch_interrupted", "batch_undecided"})
_NEEDS_ANSWER = frozenset({"truncate", "cut", "stall"})
_ACTIONS = frozenset({"delete_list", "revoke_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong; the README lists the kinds.

    `endpoint` is a pattern such as `POST import/bulk_import` or `GET contacts*`. `at` names the requests it
    strikes (1 is the first that matches after the fault was set), otherwise it strikes with `probability`;
    `times` bounds how often (None: without end). `when` says before or after the request was carried out.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kind: Kind
    endpoint: str = "*"
    when: Literal["before", "after"] | None = None
    times: int | None = 1
    at: tuple[int, ...] = ()
    probability: float = 1.0
    status: int | None = None
    retry_after: float = 30.0
    retry_after_form: Literal["seconds", "date", "absent"] = "seconds"
    seconds: float = 1.0
    list_id: int = 1
    written: float = 0.0
    stays: Stage = "active"

    def __post_init__(self) -> None:
        if self.when == "before" and self.kind in _NEEDS_ANSWER:
            raise ValueError(f"fault {self.kind!r} spoils an answer; set when to 'after' or leave it out")
        if self.when == "after" and self.kind in _ACTIONS:
            raise ValueError(f"fault {self.kind!r} happens before the request; leave when out")

    @property
    def moment(self) -> Moment:
        """When the fault is due: before or after the request, or when a batch is accepted."""
        if self.kind in _BATCH:
            return "batch"
        return self.when or ("after" if self.kind in _NEEDS_ANSWER else "before")

    @property
    def fate(self) -> Fate:
        """What a fault of a batch makes of it."""
        if self.kind == "batch_undecided":
            return Fate(stays=self.stays)
        outcome: Literal["failed", "interrupted"] = "failed" if self.kind == "batch_failed" else "interrupted"
        return Fate(outcome=outcome, written=self.written)

    @property
    def lets_pass(self) -> bool:
        """Whether the request is carried out and answered all the same."""
        return self.kind in _ACTIONS


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    fired: int = 0

    def due(self, random: Random) -> bool:
        self.seen += 1
        fault = self.fault
        if fault.at:
            return self.seen in fault.at
        exhausted = fault.times is not None and self.fired >= fault.times
        return not exhausted and random.random() < fault.probability


@dataclass(slots=True)
class Faults:
    """The faults that are set, and how often each kind has struck."""

    random: Random
    struck: Counter[str] = field(default_factory=Counter)
    _armed: list[_Armed] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Set a fault; where several would strike the same request, only the earliest does."""
        self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Take all faults back."""
        self._armed.clear()

    def all(self) -> list[tuple[Fault, int]]:
        """The faults that are set, with how often each has struck."""
        return [(armed.fault, armed.fired) for armed in self._armed]

    def strike(self, endpoint: str, moment: Moment) -> Fault | None:
        """The fault that strikes this request now, if one does; counts the request for all that match."""
        matching = [
            armed
            for armed in self._armed
            if armed.fault.moment == moment and fnmatchcase(endpoint, armed.fault.endpoint)
        ]
        due = [armed for armed in matching if armed.due(self.random)]
        if not due:
            return None
        due[0].fired += 1
        self.struck[due[0].fault.kind] += 1
        return due[0].fault


_ADAPTER = TypeAdapter(Fault)


def parse_fault(document: object) -> Fault:
    """The fault that a JSON document describes; raises ValueError that names what is wrong."""
    try:
        return _ADAPTER.validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"fault {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
