"""One ActiveCampaign account: its data, reactions, limits, queue, faults and evidence."""

from collections.abc import Iterable
from random import Random
from typing import Literal

from tools.sandbox.clock import Clock
from tools.sandbox.contacts import Contacts
from tools.sandbox.directory import Directory
from tools.sandbox.evidence import Evidence
from tools.sandbox.exclusions import Exclusions
from tools.sandbox.faults import Faults
from tools.sandbox.imports import Imports
from tools.sandbox.knobs import Knobs
from tools.sandbox.limits import Limits
from tools.sandbox.memberships import Memberships

type Part = Literal["contacts", "evidence", "faults", "knobs"]
PARTS: tuple[Part, ...] = ("contacts", "evidence", "faults", "knobs")


class Account:
    """Everything behind one API address. All randomness comes from `seed`, all time from `clock`."""

    def __init__(self, *, clock: Clock, knobs: Knobs, seed: int, key: str | None = None) -> None:
        self.clock = clock
        self.knobs = knobs
        self.random = Random(seed)
        self.key: str | None = key or f"{self.random.getrandbits(288):072x}"
        self.opened = clock.now()
        self.directory = Directory()
        self.imports = Imports(self.random)
        self.limits = Limits()
        self.faults = Faults(Random(seed))
        self.evidence = Evidence()
        self._first_knobs = knobs
        self._seed = seed

    def settle(self) -> None:
        """Bring the data up to now: write the batches that have ended."""
        self.imports.settle(self.directory, self.knobs, self.clock.now())

    def finish_imports(self) -> None:
        """Let every queued batch end now."""
        self.imports.finish(self.directory, self.knobs, self.clock.now())

    def revoke_key(self) -> None:
        """From now on no key is valid."""
        self.key = None

    def new_key(self) -> str:
        """Replace the key; the old one is no longer valid."""
        self.key = f"{self.random.getrandbits(288):072x}"
        return self.key

    def reset(self, parts: Iterable[Part] = PARTS) -> None:
        """Start parts afresh. Lists, fields, tags and the key stay, so that their ids remain true."""
        wanted = frozenset(parts)
        if "contacts" in wanted:
            self.directory.contacts = Contacts()
            self.directory.memberships = Memberships()
            self.directory.exclusions = Exclusions()
            self.imports = Imports(self.random)
        if "evidence" in wanted:
            self.evidence = Evidence()
            self.limits = Limits()
        if "faults" in wanted:
            self.faults = Faults(Random(self._seed))
        if "knobs" in wanted:
            self.knobs = self._first_knobs
