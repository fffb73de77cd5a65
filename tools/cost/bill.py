"""Seconds, GB-seconds and USD of one run and of a month.

Functions are billed for the memory of the instance in GB times the seconds in which something runs on it,
sleeping too, beyond a monthly grant (Microsoft Learn, "Estimating consumption-based costs").
"""

from dataclasses import dataclass
from math import ceil

from tools.cost import inputs
from tools.cost.inputs import A_REQUEST, CORES

MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One run on an instance of so many MB."""

    memory: int
    profiles: int
    sent: int

    @property
    def requests(self) -> int:
        """Imports."""
        return ceil(self.sent / A_REQUEST)

    @property
    def planning(self) -> float:
        """Seconds; every core plans."""
        core_seconds = inputs.PLAN.value * inputs.PLAN_CORES.value
        return self.profiles / MILLION * core_seconds / CORES[self.memory]

    @property
    def delivering(self) -> float:
        """Seconds; ActiveCampaign's limits decide, whatever the instance."""
        return self.requests * A_REQUEST / MILLION * inputs.DELIVER.value * 60

    @property
    def ending(self) -> float:
        """Seconds of confirming, and of the commit, which uses one core."""
        commit = self.sent / MILLION * inputs.COMMIT.value / min(CORES[self.memory], 1)
        return inputs.CONFIRM.value * 60 + commit

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return self.planning + self.delivering + self.ending

    @property
    def gb_seconds(self) -> float:
        """What Functions bill."""
        return self.seconds * self.memory / 1024

    @property
    def executions(self) -> int:
        """Slices."""
        return ceil(self.seconds / inputs.SLICE.value)

    @property
    def writes(self) -> float:
        """Operations of storage."""
        return self.requests * inputs.LINES.value + self.delivering * inputs.BEATS.value

    @property
    def price(self) -> float:
        """USD, nothing being free."""
        return (
            self.gb_seconds * inputs.GB_SECOND.value
            + self.executions * inputs.EXECUTION.value / MILLION
            + self.writes * inputs.BLOB_WRITE.value / 10_000
            + logged(self.seconds) * inputs.LOGS.value
        )


def full(profiles: int, memory: int) -> Work:
    """Everybody is sent."""
    return Work(memory=memory, profiles=profiles, sent=profiles)


def incremental(profiles: int, memory: int) -> Work:
    """Everybody is read, and who changed is sent."""
    return Work(memory=memory, profiles=profiles, sent=round(profiles * inputs.CHANGED.value / 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One full run, 29 incremental ones, and the timer, which has an instance of its own."""

    memory: int
    profiles: int

    @property
    def runs(self) -> list[Work]:
        """All of the month."""
        return [full(self.profiles, self.memory), *[incremental(self.profiles, self.memory)] * 29]

    @property
    def gb_seconds(self) -> float:
        """What is used, granted or not."""
        ticking = inputs.TICKS.value * inputs.TICK.value * self.memory / 1024
        return ticking + sum(run.gb_seconds for run in self.runs)

    @property
    def executions(self) -> float:
        """Looks and slices."""
        return inputs.TICKS.value + sum(run.executions for run in self.runs)

    def functions(self, *, granted: bool) -> float:
        """USD, with the grant to itself, or where other apps have used it up."""
        seconds, executions = self.gb_seconds, self.executions
        if granted:
            seconds = max(seconds - inputs.GRANT.value, 0)
            executions = max(executions - inputs.GRANTED_EXECUTIONS.value, 0)
        return seconds * inputs.GB_SECOND.value + executions * inputs.EXECUTION.value / MILLION

    @property
    def storage(self) -> float:
        """USD for operations."""
        reads = inputs.TICKS.value * inputs.TICK_READS.value * inputs.BLOB_READ.value
        return (reads + sum(run.writes for run in self.runs) * inputs.BLOB_WRITE.value) / 10_000

    @property
    def gigabytes(self) -> float:
        """Of telemetry, as if the timer's instance never went."""
        return logged(inputs.TICKS.value * 300) + sum(logged(run.seconds) for run in self.runs)

    @property
    def monitoring(self) -> float:
        """USD for logs beyond what is free, and for alerts."""
        paid = max(self.gigabytes - inputs.LOGS_FREE.value, 0)
        return paid * inputs.LOGS.value + inputs.ALERTS.value * inputs.ALERT.value

    @property
    def price(self) -> float:
        """USD in all, with the grant."""
        return self.functions(granted=True) + self.storage + self.monitoring


def logged(seconds: float) -> float:
    """Gigabytes that an instance tells in so long."""
    return seconds / 30 * inputs.ITEMS.value * inputs.ITEM.value / 1e9
