"""What is shown: headings, lines, tables and a meter, on a terminal or in a log."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.demo.meter import LineMeter, LiveMeter, Meter

LOG_WIDTH = 110
"""Columns where there is no terminal to ask."""


class Screen:
    """Writes to stdout; where that is no terminal nothing moves and nothing is coloured."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = LOG_WIDTH
        self._headings = 0

    def heading(self, title: str, explanation: str) -> None:
        """The next step: what happens, and what that shows."""
        self._headings += 1
        self._console.print(Text(f"\n{self._headings}. {title}", style="bold"))
        self._console.print(Text(explanation, style="italic"))

    def say(self, text: str) -> None:
        """A line, indented."""
        self._console.print(f"   {text}", soft_wrap=True)

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
    ) -> None:
        """Rows under columns; those at `right` are set flush right."""
        table = Table(box=SIMPLE, pad_edge=True)
        for place, column in enumerate(columns):
            table.add_column(column, justify="right" if place in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    @contextmanager
    def meter(self, total: int) -> Iterator[Meter]:
        """Progress of a run with so many contacts to send, while the block lasts."""
        if not self._console.is_terminal:
            yield LineMeter(self.say, total)
            return
        with LiveMeter(self._console, total) as meter:
            yield meter
