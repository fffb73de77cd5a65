"""Live progress of a run: a bar on a terminal, lines in a log."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn


class Meter(Protocol):
    """Shows the app's own figures."""

    def show(self, run: dict[str, Any]) -> None:
        """A run as `GET runs/{id}` gives it."""


@dataclass(slots=True)
class LineMeter:
    """A line whenever a figure has changed."""

    say: Callable[[str], None]
    total: int
    _last: tuple[object, ...] = ()

    def show(self, run: dict[str, Any]) -> None:
        """A line, if it would be another one."""
        figures = (run["state"], run["progress"]["contacts_accepted"])
        if figures != self._last:
            self._last = figures
            self.say(f"{run['state']}: {figures_of(run, self.total)}")


class LiveMeter:
    """One bar that moves, while its block lasts."""

    def __init__(self, console: Console, total: int) -> None:
        self._total = total
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=18),
            TextColumn("{task.fields[figures]}"),
            console=console,
        )
        self._task = self._progress.add_task("queued", total=total, figures="")

    def show(self, run: dict[str, Any]) -> None:
        """Moves the bar."""
        self._progress.update(
            self._task,
            description=run["state"],
            completed=run["progress"]["contacts_accepted"],
            figures=figures_of(run, self._total),
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def figures_of(run: dict[str, Any], total: int) -> str:
    """How many of how many contacts are accepted, at which rate, and how long it will still take."""
    progress = run["progress"]
    text = f"{progress['contacts_accepted']:,} of {total:,} accepted"
    if run["state"] != "delivering":
        return text
    if (rate := progress.get("contacts_per_minute")) is not None:
        text += f", {rate:,.0f}/min"
    if (left := progress.get("seconds_left")) is not None:
        text += f", {left:.0f} s left"
    return text
