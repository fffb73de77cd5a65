"""The state of the model: workers, runs, the account, the queue, and how many faults are still to come.

Slices are counted from the slice in the run's record: a message or worker `ahead` by 0 is at it, by 1 is one
in front, and every slice that is over is -1, since all of those are treated alike. So runs of any number of
slices are a finite number of states. Chunks are bits of an int.
"""

from typing import Any, Literal, NamedTuple

Held = Literal["", "fresh", "stale", "lost"]
"""A lease in the hands of a worker. `fresh`: renewed in time. `stale`: not renewed for `SAFE_SHARE` of its
duration, so its holder acts on it no more, but storage still has it. `lost`: it ran out in storage."""

Server = Literal["", "held", "dead"]
"""A lease as storage has it: free, held by a worker that lives, held by one that died."""

Over = Literal["", "done", "failed"]


class Message(NamedTuple):
    """A job in the queue, or in the poison queue, that nobody works on."""

    run: int
    ahead: int
    tries: int = 0
    poisoned: bool = False


class Worker(NamedTuple):
    """An instance at its next step (`at`) with one message; idle ones are no part of the state."""

    at: str
    message: Message
    run_lease: Held = ""
    account_lease: Held = ""
    todo: int = 0
    unlogged: int = 0
    """Chunks that ActiveCampaign accepted, and whose lines are not known to be in the log."""
    written: int = 0
    """Those of `unlogged` whose lines are in the log although the answer was lost."""

    @property
    def may_post(self) -> bool:
        """Whether nobody else can hold one of the leases (`sending.still_ours`)."""
        return self.run_lease == "fresh" and self.account_lease == "fresh"


class Run(NamedTuple):
    """A run's record, log and report; its chunks are staged until it is tidied."""

    lease: Server = ""
    over: Over = ""
    ending: bool = False
    """Whether it is noted that the run is to fail."""
    revived_at: int = -1
    accepted: int = 0
    logged: int = 0
    excused: int = 0
    """Chunks that may be sent again, for they were in flight at a crash, a fencing or a lost answer."""
    report: Literal["", "whole", "cut"] = ""
    tidied: bool = False
    wrong: str = ""
    """What happened that must never happen."""


class World(NamedTuple):
    """Everything. `workers` and `queue` are sorted, as it does not matter which is which."""

    workers: tuple[Worker, ...]
    runs: tuple[Run, ...]
    queue: tuple[Message, ...]
    account_lease: Server = ""
    waiting: tuple[int, ...] = ()
    """The marks of runs that wait for a turn, the longest waiting first."""
    faults: int = 0

    def with_worker(self, before: Worker, *after: Worker) -> "World":
        """The world with this worker in another state, or with none in its place."""
        workers = list(self.workers)
        workers.remove(before)
        return self._replace(workers=tuple(sorted([*workers, *after])))

    def joined_by(self, worker: Worker) -> "World":
        """The world with one more worker."""
        return self._replace(workers=tuple(sorted([*self.workers, worker])))

    def with_run(self, number: int, **changes: Any) -> "World":
        """The world with these changes to a run."""
        runs = list(self.runs)
        runs[number] = runs[number]._replace(**changes)
        return self._replace(runs=tuple(runs))

    def with_message(self, message: Message) -> "World":
        """The world with one more message in the queue."""
        return self._replace(queue=tuple(sorted([*self.queue, message])))

    def without_message(self, message: Message) -> "World":
        """The world with this message gone from the queue."""
        queue = list(self.queue)
        queue.remove(message)
        return self._replace(queue=tuple(queue))

    def with_next_slice(self, run: int) -> "World":
        """The world after `run.slice` was raised by one: all messages of the run fall one behind."""
        queue = tuple(sorted(_behind(message, run, -1) for message in self.queue))
        workers = tuple(sorted(w._replace(message=_behind(w.message, run, -2)) for w in self.workers))
        return self._replace(queue=queue, workers=workers)

    def has_message_for(self, run: int) -> bool:
        """Whether any message of this run is there, taken by a worker or not."""
        return any(m.run == run for m in self.queue) or any(w.message.run == run for w in self.workers)


def _behind(message: Message, run: int, floor: int) -> Message:
    return message._replace(ahead=max(message.ahead - 1, floor)) if message.run == run else message
