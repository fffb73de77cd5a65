"""What the model follows: the code's rules, each of which can be broken, and the size of a scenario."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of the hand-over; breaking any must be noticed.

    The defaults are what the code does or, for the last three, what `tests/model/test_code.py` holds it to.
    """

    writes_before_release: bool = True
    """`Worker._hand_over` is inside of `Worker._lease`."""
    sends_before_release: bool = True
    """`Worker._hand_over` sends the next job before anything else."""
    writes_need_lease: bool = True
    """`Record.change` gives lease and ETag, and storage holds it to them."""
    reads_back: bool = True
    """`StateStore._write` and `Log.append` look for their ids after 409 or 412."""
    posts_need_fresh_lease: bool = True
    """`Sending._deliver.still_ours` is called right before a request leaves."""
    turns_need_lease: bool = True
    """`Turns.turn` gives None where somebody else holds the lease on the account."""
    takes_next: bool = True
    """`Worker._work` takes a job that is one ahead of the record."""
    settles: bool = True
    """`Delivery._settle` waits for requests that are under way, and so for their lines."""
    sends_again_without_lease: bool = True
    """`Worker.work` sends the job again where the run's lease is held."""
    sends_again_when_fenced: bool = True
    """`Worker.work` sends the job again when it was fenced."""
    leaves_turns: bool = True
    """`tidy` takes back the run's mark."""
    report_needs_lease: bool = True
    """A fenced worker commits no report."""
    poison_sends_first: bool = True
    """`Poison._decide` sends the next job before it writes that the slice is over, as a worker does."""
    poison_tidies: bool = True
    """`Poison.handle` tidies after a run that is over, as `Worker._work` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How much there is of everything. `tries` is how often a job may fail (`maxDequeueCount`)."""

    runs: int = 1
    workers: int = 2
    chunks: int = 2
    in_flight: int = 2
    faults: int = 2
    tries: int = 3
    timer: bool = True
    loses_messages: bool = True
    kinds: tuple[str, ...] = ("crash", "pause", "answer", "message")
    rules: Rules = Rules()

    @property
    def all_chunks(self) -> int:
        """All chunks of a run, as bits."""
        return (1 << self.chunks) - 1

    def allows(self, kind: str, left: int) -> bool:
        """Whether a fault of this kind may still strike."""
        return left > 0 and kind in self.kinds
