from collections import Counter
from copy import deepcopy
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.runs.deliveries import MAX_ATTEMPTS, Deliveries, Fate, Part
from tests.unit.runs.fakes import folded

type Line = dict[str, Any]
type Place = tuple[int, int]
"""A chunk and a place in it."""

ENDS = st.sampled_from(["failed", "completed", "interrupted", "unconfirmed"])


def to_send(deliveries: Deliveries) -> Counter[Place]:
    """Everything that would be taken from here on."""
    copy = deepcopy(deliveries)
    return Counter(place for part in iter(copy.take, None) for place in places(part))


def places(part: Part) -> list[Place]:
    return [(part.chunk, place) for place in part.contacts]


class Interleavings(RuleBasedStateMachine):
    """Posts, refusals, splits, outcomes and crashes in any order, against a model that knows each contact.

    The model holds for each place the batches that it was accepted in and the refusal, and for each batch how
    it ended; outcomes that were not written yet are forgotten in a crash.
    """

    @initialize(counts=st.lists(st.integers(1, 4), min_size=1, max_size=3))
    def plan(self, counts: list[int]) -> None:
        self.counts = counts
        self.delivery_log: list[Line] = []
        self.outcome_log: list[Line] = []
        self.unwritten: list[Line] = []
        self.in_flight: list[Part] = []
        self.accepted: dict[Place, list[str]] = {}
        self.refused: dict[Place, str] = {}
        self.ends: dict[str, tuple[str, set[Place]]] = {}
        self.ids = 0
        self.deliveries = Deliveries(counts)
        self.deliveries.queue_remaining()

    # what a worker does

    @precondition(lambda self: self.deliveries.sendable)
    @rule()
    def take(self) -> None:
        part = self.deliveries.take()
        assert part is not None
        assert part.contacts
        self.in_flight.append(part)

    @precondition(lambda self: self.has_work())
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        part = self.a_part(data)
        self.ids += 1
        batch = f"batch-{self.ids}"
        self.write(self.deliveries.accepted_line(part, batch, float(self.ids)))
        for place in places(part):
            self.accepted.setdefault(place, []).append(batch)
        self.ends[batch] = ("undecided", set())

    @precondition(lambda self: self.has_work())
    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        part = self.a_part(data)
        dropped = data.draw(st.sets(st.sampled_from(part.contacts), min_size=1))
        self.write({"chunk": part.chunk, "refused": {str(place): f"refused: {place}" for place in dropped}})
        self.refused |= {(part.chunk, place): f"refused: {place}" for place in dropped}
        self.deliveries.give_back(part.without(dropped))

    @precondition(lambda self: self.has_work())
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        self.deliveries.give_back(*self.a_part(data).halves())

    @precondition(lambda self: self.has_work())
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        self.deliveries.give_back(self.a_part(data))

    @precondition(lambda self: self.deliveries.undecided())
    @rule(data=st.data(), end=ENDS)
    def decide(self, data: st.DataObject, end: str) -> None:
        batch = data.draw(st.sampled_from(self.deliveries.undecided()))
        failed = data.draw(st.sets(st.sampled_from(batch.part.contacts))) if end == "completed" else set()
        line: Line = {"batch": batch.id, "state": end} | ({"failed": sorted(failed)} if failed else {})
        self.unwritten.append(line)
        self.deliveries.fold_outcome(line)
        self.deliveries.queue_again(batch)
        self.ends[batch.id] = (end, {(batch.part.chunk, place) for place in failed})

    @rule()
    def flush(self) -> None:
        self.outcome_log += self.unwritten
        self.unwritten = []

    @rule()
    def crash(self) -> None:
        """All that is in no log is gone: requests on their way, and outcomes, which are asked for again."""
        for line in self.unwritten:
            self.ends[line["batch"]] = ("undecided", set())
        self.unwritten, self.in_flight = [], []
        replaced = {line["replaces"] for line in self.delivery_log if "replaces" in line}
        for batch in replaced & {batch for batch, (end, _) in self.ends.items() if end == "undecided"}:
            self.ends[batch] = ("failed", set())
        self.deliveries = folded(self.counts, self.delivery_log, self.outcome_log)
        self.deliveries.queue_remaining()

    def has_work(self) -> bool:
        return bool(self.in_flight) or self.deliveries.sendable

    def a_part(self, data: st.DataObject) -> Part:
        if not self.in_flight:
            self.take()
        return self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))

    def write(self, line: Line) -> None:
        self.delivery_log.append(line)
        self.deliveries.fold_delivery(line)

    # what must hold

    @invariant()
    def exactly_what_is_missing_is_sent(self) -> None:
        on_its_way = Counter(place for part in self.in_flight for place in places(part))

        assert to_send(self.deliveries) + on_its_way == Counter(filter(self.is_missing, self.every_place()))

    @invariant()
    def each_contact_has_exactly_one_fate(self) -> None:
        fates = self.fates_of(self.deliveries)

        assert fates == {place: self.fate(place) for place in self.every_place()}

    @invariant()
    def the_tally_counts_the_fates(self) -> None:
        counted = Counter(fate for fate, _ in self.fates_of(self.deliveries).values())

        assert +Counter(self.deliveries.tally()) == counted

    @invariant()
    def nobody_is_accepted_more_than_three_times(self) -> None:
        assert all(len(batches) <= MAX_ATTEMPTS for batches in self.accepted.values())

    @invariant()
    def progress_counts_contacts_and_chunks_once(self) -> None:
        reached = self.accepted.keys() | self.refused.keys()
        whole = [
            all((chunk, place) in reached for place in range(count))
            for chunk, count in enumerate(self.counts)
        ]

        assert self.deliveries.contacts_accepted() == len(self.accepted)
        assert self.deliveries.chunks_accepted() == sum(whole)

    @rule(data=st.data())
    def folding_twice_or_in_another_order_gives_the_same(self, data: st.DataObject) -> None:
        deliveries = data.draw(st.permutations(self.delivery_log * 2))
        outcomes = data.draw(st.permutations(self.outcome_log * 2))
        plain = folded(self.counts, self.delivery_log, self.outcome_log)
        shuffled = folded(self.counts, deliveries, outcomes)
        for each in (plain, shuffled):
            each.queue_remaining()

        assert self.fates_of(shuffled) == self.fates_of(plain)
        assert shuffled.tally() == plain.tally()
        assert to_send(shuffled) == to_send(plain)
        assert shuffled.marks == plain.marks

    # the model

    def every_place(self) -> list[Place]:
        return [(chunk, place) for chunk, count in enumerate(self.counts) for place in range(count)]

    def is_missing(self, place: Place) -> bool:
        if place in self.refused:
            return False
        batches = self.accepted.get(place, [])
        if not batches:
            return True
        return self.ends[batches[-1]][0] in ("failed", "interrupted") and len(batches) < MAX_ATTEMPTS

    def fate(self, place: Place) -> tuple[Fate, str]:
        if place in self.refused:
            return "refused", self.refused[place]
        if place not in self.accepted:
            return "unsent", "unsent"
        end, failed = self.ends[self.accepted[place][-1]]
        if end in ("failed", "interrupted"):
            return "failed", "batch_failed"
        if end != "completed":
            return "unconfirmed", "unconfirmed"
        return ("failed", "import_failed") if place in failed else ("imported", "")

    def fates_of(self, deliveries: Deliveries) -> dict[Place, tuple[Fate, str]]:
        return {
            (chunk, place): fate
            for chunk in range(len(self.counts))
            for place, fate in enumerate(deliveries.fates(chunk))
        }


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
