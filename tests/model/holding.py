"""A second small machine: what a plan that is held waits for, and what people ask of its run meanwhile.

    take         worker.Worker._work, steps.Steps._step (which reads the orders once, first)
    note, hold   steps.Steps._plan, Steps._note_plan
    decide       steps.Steps._decide_held
    send         steps.Steps._send
    looks, asks  starting.Starter.cancel, Starter.approve: read the record, write the order,
    wakes        Starter._wake: send a job for the slice that was read

The run's lease is not shown: there is one worker at a time, and it is not fenced.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

type Step = tuple[str, "Holding"]
type Order = Literal["", "cancel", "approve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is planned, and two rules that `tests/model/test_code.py` holds the code to."""

    held: bool = True
    dry_run: bool = False
    notes_plan_and_hold_at_once: bool = True
    """No crash comes between noting a plan and noting that it waits, or that it is a dry run."""
    held_at_its_slice: bool = True
    """A run is held without moving on to the next slice, so that a job of someone who read the record before
    is not dropped."""


class Holding(NamedTuple):
    """Everything; slices are counted from 1, as there are few."""

    state: Literal["planning", "held", "sending", "over"] = "planning"
    slice: int = 1
    planned: bool = False
    order: Order = ""
    approved: bool = False
    posted: bool = False
    queue: tuple[int, ...] = (1,)
    worker: tuple[str, int, Order] | None = None
    """At which step, with the job of which slice, and which order was read."""
    person: tuple[str, int] = ("looks", 0)
    """What they do next, and the slice that they read."""
    asks: Order = ""
    faults: int = 2


def steps(plan: Plan, now: Holding) -> Iterator[Step]:
    """Everything that may happen next."""
    yield from _person(now)
    if now.worker is None:
        yield from _take(plan, now)
        return
    yield from _work(plan, now, *now.worker)
    if now.faults:
        back = now._replace(worker=None, queue=_with(now.queue, now.worker[1]), faults=now.faults - 1)
        yield "the worker dies", back
        yield "the message is doubled", back._replace(worker=now.worker)


def problem(plan: Plan, now: Holding) -> str | None:
    """Which promise is broken."""
    if now.posted and plan.dry_run:
        return "a dry run sent contacts"
    if now.posted and plan.held and not now.approved:
        return "a plan was sent that a guard had held and nobody approved"
    return None


def is_end(now: Holding) -> bool:
    """Whether the run is over, or waits and was asked for nothing yet."""
    idle = not now.queue and now.worker is None and now.person[0] == "rests"
    return idle and (now.state == "over" or (now.state == "held" and not now.order))


def _person(now: Holding) -> Iterator[Step]:
    doing, read = now.person
    if doing == "looks":
        yield "a person asks for nothing", now._replace(person=("rests", 0))
        if now.state != "over":
            yield "a person wants to cancel", now._replace(person=("asks", now.slice), asks="cancel")
        if now.state == "held":
            yield "a person wants to approve", now._replace(person=("asks", now.slice), asks="approve")
    elif doing == "asks":
        yield "the order is written", now._replace(person=("wakes", read), order=now.asks, asks="")
    elif doing == "wakes":
        yield "the run is woken", now._replace(person=("rests", 0), queue=_with(now.queue, read))


def _take(plan: Plan, now: Holding) -> Iterator[Step]:
    for job in sorted(set(now.queue)):
        queue = list(now.queue)
        queue.remove(job)
        taken = now._replace(queue=tuple(queue))
        if now.state == "over" or job < now.slice:
            yield "a job is dropped", taken
        else:
            yield "a worker begins", taken._replace(slice=job, worker=(_first(plan, now), job, now.order))


def _first(plan: Plan, now: Holding) -> str:
    if now.state == "held":
        return "decide"
    if now.order == "cancel":
        return "end"
    if not now.planned:
        return "note"
    return "end" if plan.dry_run and plan.notes_plan_and_hold_at_once else "send"


def _work(plan: Plan, now: Holding, at: str, job: int, read: Order) -> Iterator[Step]:
    if at == "note":
        yield from _note(plan, now, job, read)
    elif at == "hold":
        yield "the run is held", _held(plan, now)
    elif at == "decide" and not read:
        yield "the run stays held", now._replace(worker=None)
    elif at == "decide" and read == "approve":
        approved = now._replace(state="sending", approved=True, worker=("send", job, read))
        yield "the plan is approved", approved
    elif at == "send":
        yield "contacts are sent", now._replace(state="over", posted=True, worker=None)
    else:
        yield "the run ends", now._replace(state="over", worker=None)


def _note(plan: Plan, now: Holding, job: int, read: Order) -> Iterator[Step]:
    noted = now._replace(planned=True)
    if plan.notes_plan_and_hold_at_once and plan.held and not plan.dry_run:
        yield "the plan is noted, the run is held", _held(plan, noted)
    else:
        then = "end" if plan.dry_run else "hold" if plan.held else "send"
        yield "the plan is noted", noted._replace(worker=(then, job, read))


def _held(plan: Plan, now: Holding) -> Holding:
    moved = now.slice if plan.held_at_its_slice else now.slice + 1
    return now._replace(state="held", slice=moved, worker=None)


def _with(queue: tuple[int, ...], job: int) -> tuple[int, ...]:
    return tuple(sorted([*queue, job]))
