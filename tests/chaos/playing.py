"""Plays a scenario to its end, looks at everything, and gives its line."""

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from random import Random
from typing import Any

from tests.chaos.facts import CHUNKS_A_KILL, Facts, broken_limits, broken_promises, sent_twice
from tests.chaos.leftovers import leftovers
from tests.chaos.scenario import Scenario
from tests.chaos.site import Site
from tests.chaos.table import Line
from tests.chaos.trial import Errand, Trial
from tests.e2e.scene import CHUNK

_MOST_RUNS = 4
"""After the struck one, until nothing is left to do."""
_TIDY_SECONDS = 40
"""What the last process held may have to run out."""
_UNDECIDED = ("unconfirmed", "unsent")


async def play(scenario: Scenario, site: Site, seed: int) -> Line:
    """The line of the table; whatever goes wrong is in it."""
    async with AsyncExitStack() as stack:
        trial = Trial(
            name=_slug(scenario.name),
            site=site,
            random=Random(f"{seed} {scenario.name}"),
            stack=stack,
            patience=scenario.patience,
        )
        try:
            await scenario.play(trial)
            return await _conclude(trial, scenario)
        except Exception as error:  # noqa: BLE001 - the suite goes on, and the line says it
            words = f"{type(error).__name__}: {error}".partition("\n")[0]
            return Line(scenario=scenario.name, struck=trial.struck, broken=(words,))


def _slug(name: str) -> str:
    """For ids: the name's beginning, and a number that tells it from others."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-")
    return f"{words}-{zlib.crc32(name.encode()) % 1000}"


async def _conclude(trial: Trial, scenario: Scenario) -> Line:
    struck = await _each(trial.errands, lambda errand: _struck(trial, errand))
    trial.lift()
    facts = await _each(trial.errands, lambda errand: _facts(trial, errand))
    left = await _left(trial, facts)
    evidence = [sandbox.evidence() for sandbox in trial.accounts]
    broken = [words for fact in facts for words in broken_promises(fact)]
    limits = [words for seen in evidence for words in broken_limits(seen)]
    again = sum(map(sent_twice, evidence))
    allowed = CHUNK * (CHUNKS_A_KILL * trial.interruptions + trial.excused) + sum(map(_unconfirmed, facts))
    return Line(
        scenario=scenario.name,
        struck=trial.struck,
        expected=sum(len(errand.wanted) for errand in trial.errands),
        delivered=sum(fact.delivered for fact in facts),
        sent_twice=again,
        limits_broken=len(limits),
        outcome=_outcome(struck, facts),
        broken=(
            *broken,
            *limits,
            *_wrong_ends(struck, scenario.ends),
            *([f"{again} contacts re-sent, {allowed} at most"] if again > allowed else []),
            *([f"left behind: {', '.join(left)}"] if left else []),
            *(["nothing was struck"] if not trial.struck else []),
        ),
    )


async def _struck(trial: Trial, errand: Errand) -> list[dict[str, Any]]:
    return [await trial.ended(run) for run in await trial.runs(errand)]


async def _facts(trial: Trial, errand: Errand) -> Facts:
    """Runs until one has nothing left to do; that one is the last."""
    ended = await _struck(trial, errand)
    while not ended or _has_left_out(ended[-1]):
        if len(ended) > _MOST_RUNS:
            break
        ended.append(await trial.run(errand))
    repeated = _times_accepted(errand)
    last = await trial.run(errand) if errand in trial.errands[: trial.run_again] else None
    return Facts(
        wanted=errand.wanted,
        opted_out=errand.opted_out,
        active=frozenset(errand.sandbox.members(errand.list_id)),
        runs=ended[errand.moved_after :],
        last=last,
        sent_last=_times_accepted(errand) - repeated,
    )


def _wrong_ends(struck: list[list[dict[str, Any]]], wanted: frozenset[str]) -> list[str]:
    """How runs ended that should have ended otherwise, and why."""
    wrong = [run for runs in struck for run in runs if run["state"] not in wanted]
    reasons = [(run["problem"] or {}).get("message") or run["reason"] or "no reason given" for run in wrong]
    return sorted({f"ended {run['state']}: {reason}" for run, reason in zip(wrong, reasons, strict=True)})


def _unconfirmed(facts: Facts) -> int:
    """Contacts of which the reports say that they go again."""
    return sum(run["counts"]["unconfirmed"] for run in facts.runs)


def _times_accepted(errand: Errand) -> int:
    """How often the account accepted one of the people, summed up; exports of one account share people."""
    return sum(map(errand.sandbox.account.evidence.times_accepted, errand.wanted))


def _has_left_out(run: dict[str, Any]) -> bool:
    counts = run["counts"]
    return run["state"] in ("failed", "canceled", "skipped") or any(counts[name] for name in _UNDECIDED)


async def _left(trial: Trial, facts: list[Facts]) -> list[str]:
    """What only runs under way need, and is still there after a while."""
    reports = [run for fact in facts for run in fact.reports]
    left: list[str] = []
    for _ in range(_TIDY_SECONDS):
        if not (left := await leftovers(trial.site, reports)):
            break
        await asyncio.sleep(1.0)
    return left


def _outcome(struck: list[list[dict[str, Any]]], facts: list[Facts]) -> str:
    first = sorted({run["state"] for runs in struck for run in runs})
    after = max((len(fact.runs) - len(runs) for fact, runs in zip(facts, struck, strict=True)), default=0)
    rest = {0: "", 1: "; the next run brought the rest"}.get(after, f"; {after} more runs brought the rest")
    return f"{' or '.join(first)}{rest}"


async def _each[T](errands: list[Errand], work: Callable[[Errand], Awaitable[T]]) -> list[T]:
    return list(await asyncio.gather(*(work(errand) for errand in errands)))
