"""Why contacts failed in the import, folded from a run's log of explanations.

ActiveCampaign names who failed and never says why (API reference, bulk import). A line holds places of a
chunk and what was found out about them; folding lines twice changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from shared.runs.deliveries import Deliveries, Fate

MOST = 500
"""Failures of a run that are looked up."""

type Line = Mapping[str, Any]


@dataclass(slots=True)
class Explanations:
    """What was found out so far."""

    began_at: float | None = None
    """When the first look was taken, in epoch seconds."""
    over: bool = False
    """Whether no more is looked up, although there would be something."""
    _reasons: dict[tuple[int, int], str] = field(default_factory=dict)

    @classmethod
    def folded(cls, lines: Iterable[Line]) -> Self:
        """From the lines of the log."""
        explanations = cls()
        for line in lines:
            explanations.fold(line)
        return explanations

    def fold(self, line: Line) -> None:
        """Takes a line of the log."""
        if "began" in line:
            began: float = line["began"]
            self.began_at = began if self.began_at is None else min(began, self.began_at)
        self.over = self.over or line.get("over", False)
        for place, reason in line.get("reasons", {}).items():
            self._reasons[line["chunk"], int(place)] = reason

    def explained(self, chunk: int, fates: Iterable[tuple[Fate, str]]) -> list[tuple[Fate, str]]:
        """The fates of a chunk's contacts, with the reasons that were found, as `code: detail`."""
        return [
            (fate, self._reasons.get((chunk, place)) or reason) for place, (fate, reason) in enumerate(fates)
        ]

    def left(self, deliveries: Deliveries, chunks: int) -> Iterator[tuple[int, list[int]]]:
        """Chunks of so many, with the places of those who are to be looked up and were not yet."""
        room = MOST
        for chunk in range(chunks):
            if room <= 0:
                return
            failed = _unexplained(deliveries, chunk)[:room]
            room -= len(failed)
            if places := [place for place in failed if (chunk, place) not in self._reasons]:
                yield chunk, places


def _unexplained(deliveries: Deliveries, chunk: int) -> list[int]:
    return [place for place, (_, reason) in enumerate(deliveries.fates(chunk)) if reason == "import_failed"]
