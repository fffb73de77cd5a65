"""All states that a small machine can get into, breadth-first, and what is wrong with any of them."""

from array import array
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

type Steps[S] = Callable[[S], Iterable[tuple[str, S]]]
"""What may happen next in a state: a few words for each, and the state after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """The shortest way to a state that must not be, step by step, and what is wrong there."""

    problem: str
    trace: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(
            [self.problem, *(f"  {number}. {step}" for number, step in enumerate(self.trace, 1))]
        )


@dataclass(slots=True)
class Explored[S: Hashable]:
    """Every state in the order in which it was found, how it was reached, and all steps between states."""

    states: list[S] = field(default_factory=list)
    found: Counterexample | None = None
    _came_from: array[int] = field(default_factory=lambda: array("l"))
    _by: list[str] = field(default_factory=list)
    _sources: array[int] = field(default_factory=lambda: array("l"))
    _targets: array[int] = field(default_factory=lambda: array("l"))

    def add(self, state: S, came_from: int, by: str) -> None:
        """A state that is seen for the first time."""
        self.states.append(state)
        self._came_from.append(came_from)
        self._by.append(by)

    def connect(self, source: int, target: int) -> None:
        """One step leads from one state to another."""
        self._sources.append(source)
        self._targets.append(target)

    def counterexample(self, problem: str, number: int) -> Counterexample:
        """The way to this state."""
        trace = list[str]()
        while number:
            trace.append(self._by[number])
            number = self._came_from[number]
        return Counterexample(problem=problem, trace=tuple(reversed(trace)))

    def stuck(self, is_end: Callable[[S], bool]) -> Counterexample | None:
        """The way to the first state from which no end can be reached, None where there is none.

        In a finite machine it follows that every execution ends in which no step that is possible again and
        again is left out forever (strong fairness).
        """
        before: list[list[int]] = [[] for _ in self.states]
        for source, target in zip(self._sources, self._targets, strict=True):
            before[target].append(source)
        waiting = [number for number, state in enumerate(self.states) if is_end(state)]
        ends = bytearray(len(self.states))
        while waiting:
            number = waiting.pop()
            if not ends[number]:
                ends[number] = 1
                waiting += before[number]
        number = ends.find(0)
        return None if number < 0 else self.counterexample("no end can be reached any more", number)


def explore[S: Hashable](
    start: S, steps: Steps[S], problem: Callable[[S], str | None], *, limit: int = 400_000
) -> Explored[S]:
    """Explores until all is seen or `problem` says what is wrong with a state.

    Raises:
        MemoryError: there are more than `limit` states.
    """
    explored = Explored[S]()
    explored.add(start, 0, "")
    numbers = {start: 0}
    number = 0
    while number < len(explored.states):
        if wrong := problem(explored.states[number]):
            explored.found = explored.counterexample(wrong, number)
            return explored
        for label, state in steps(explored.states[number]):
            known = numbers.setdefault(state, len(explored.states))
            if known == len(explored.states):
                explored.add(state, number, label)
            explored.connect(number, known)
        if len(explored.states) > limit:
            raise MemoryError(f"more than {limit:,} states; make the scenario smaller")
        number += 1
    return explored
