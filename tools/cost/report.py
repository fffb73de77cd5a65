"""The tables, as Markdown."""

from collections.abc import Iterable, Iterator, Sequence

from tools.cost.bill import Month, full, incremental
from tools.cost.inputs import CORES, INPUTS

PROFILES = (10_000, 100_000, 1_000_000)
_KINDS = (("full", full), ("incremental", incremental))
_SIZES = tuple(f"{memory:,} MB" for memory in CORES)


def report() -> str:
    """All of them."""
    seconds = ("requests", f"plan ({' / '.join(_SIZES)})", "deliver", "confirm and commit (the same)")
    prices = ("GB-s", "Functions", "the same without the grant", "storage", "logs and alerts", "in all")
    sections = (
        ("What goes in", _table(("what", "value", "unit", "from"), _inputs())),
        ("Seconds of one run", _table(("profiles", "run", *seconds), _seconds())),
        ("One run, nothing being free", _table(("profiles", "run", *_SIZES), _runs())),
        ("A month", _table(("profiles", "instance", *prices), _months())),
    )
    return "\n\n".join(f"### {head}\n\n{table}" for head, table in sections)


def _inputs() -> Iterator[Sequence[str]]:
    for each in INPUTS:
        value = f"{each.value:,.0f}" if each.value >= 100 else f"{each.value:.6f}".rstrip("0").rstrip(".")
        yield each.name, value, each.unit, each.source


def _seconds() -> Iterator[Sequence[str]]:
    for profiles in PROFILES:
        for name, make in _KINDS:
            works = [make(profiles, memory) for memory in CORES]
            plan = " / ".join(f"{work.planning:,.1f}" for work in works)
            end = " / ".join(f"{work.ending:,.0f}" for work in works)
            yield f"{profiles:,}", name, f"{works[0].requests:,}", plan, f"{works[0].delivering:,.0f}", end


def _runs() -> Iterator[Sequence[str]]:
    for profiles in PROFILES:
        for name, make in _KINDS:
            works = [make(profiles, memory) for memory in CORES]
            yield f"{profiles:,}", name, *(f"{w.gb_seconds:,.0f} GB-s, {w.price:.3f} USD" for w in works)


def _months() -> Iterator[Sequence[str]]:
    for profiles in PROFILES:
        for memory in CORES:
            month = Month(memory=memory, profiles=profiles)
            free, paid = month.functions(granted=True), month.functions(granted=False)
            prices = (free, paid, month.storage, month.monitoring, month.price)
            used = f"{month.gb_seconds:,.0f}"
            yield f"{profiles:,}", f"{memory:,} MB", used, *(f"{price:.2f} USD" for price in prices)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
