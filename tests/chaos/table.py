"""The table: one line a scenario, and its place in a document."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- chaos: begin -->", "<!-- chaos: end -->"
_HEAD = (
    "| scenario | times struck | contacts expected | delivered | re-sent | limits broken | outcome |",
    "|---|--:|--:|--:|--:|--:|---|",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a scenario came to; `broken` is empty where everything held."""

    scenario: str
    struck: int = 0
    expected: int = 0
    delivered: int = 0
    sent_twice: int = 0
    """Contacts."""
    limits_broken: int = 0
    outcome: str = ""
    broken: tuple[str, ...] = ()

    def __str__(self) -> str:
        outcome = f"**broken**: {'; '.join(self.broken)}" if self.broken else self.outcome
        return (
            f"| {self.scenario} | {self.struck} | {self.expected:,} | {self.delivered:,} "
            f"| {self.sent_twice:,} | {self.limits_broken} | {outcome} |"
        )


def table(lines: Iterable[Line], about: str) -> str:
    """Markdown, with a paragraph about the run above it."""
    return "\n".join((about, "", *_HEAD, *map(str, lines))) + "\n"


def renew(document: Path, text: str) -> None:
    """Puts the text between the document's two marks, or into a file of its own.

    Raises ValueError where a document has text, and no marks.
    """
    old = document.read_text() if document.exists() else f"{BEGIN}\n{END}\n"
    head, begin, rest = old.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{document} has no place for the table; write {BEGIN} and {END} into it")
    document.write_text(f"{head}{BEGIN}\n{text}{END}{tail}")
