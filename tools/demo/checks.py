"""What the demo claims, each claim with what was measured."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A claim, whether it holds, and the figures behind it."""

    claim: str
    holds: bool
    measured: str


@dataclass(slots=True)
class Checks:
    """Collects claims in the order in which they were put to the test."""

    made: list[Check] = field(default_factory=list)

    def note(self, claim: str, holds: bool, measured: str) -> None:
        """One more claim."""
        self.made.append(Check(claim=claim, holds=holds, measured=measured))

    @property
    def all_hold(self) -> bool:
        """Whether there are claims, and no wrong one."""
        return bool(self.made) and all(check.holds for check in self.made)
