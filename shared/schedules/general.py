"""The general schedule: what exports follow unless they have their own."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import PreconditionFailed, PreconditionRequired, StateConflict
from shared.exports.schedule import ON_REFRESH, Schedule
from shared.schedules.times import next_times
from shared.state.blobs import StateStore
from shared.state.documents import Documents, Versioned

_KEY = "schedule"
_SHOWN_TIMES = 3


class GeneralScheduleInput(BaseModel):
    """The schedule that exports without one of their own are to follow."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"schedule": {"kind": "daily", "times": ["07:00", "19:30"], "time_zone": "Europe/Berlin"}}
            ]
        },
    )

    schedule: Schedule


class GeneralSchedule(BaseModel):
    """The stored document; `on_refresh` as long as nobody has decided otherwise."""

    schedule: Schedule = ON_REFRESH
    updated_at: datetime | None = None
    updated_by: str | None = None


class GeneralScheduleView(GeneralSchedule):
    """The general schedule, and when it comes next."""

    next_times: list[datetime] = Field(description="The next three, UTC; none without fixed times")


@dataclass(frozen=True, slots=True)
class GeneralSchedules:
    """Where the document lies in the state container: `settings/schedule.json`."""

    store: StateStore

    async def get(self) -> Versioned[GeneralSchedule] | None:
        """None as long as nobody has decided."""
        return await self._documents.get(_KEY)

    async def current(self) -> GeneralSchedule:
        """What holds now."""
        found = await self.get()
        return found.value if found else GeneralSchedule()

    async def change(
        self, wanted: GeneralScheduleInput, etag: str | None, caller: str, now: datetime
    ) -> Versioned[GeneralSchedule]:
        """Stores it over the version with this ETag.

        Raises PreconditionRequired without the ETag of a version that exists, PreconditionFailed where
        somebody else wrote first.
        """
        changed = GeneralSchedule(schedule=wanted.schedule, updated_at=now, updated_by=caller)
        try:
            if etag is not None:
                return await self._documents.replace(_KEY, changed, etag=etag)
            return await self._documents.create(_KEY, changed)
        except StateConflict as error:
            raise _refusal(etag) from error

    @property
    def _documents(self) -> Documents[GeneralSchedule]:
        return Documents(self.store, GeneralSchedule, lambda key: f"settings/{key}.json")


def shown(schedule: GeneralSchedule, now: datetime) -> GeneralScheduleView:
    """The general schedule as it is shown."""
    times = next_times(schedule.schedule, now, _SHOWN_TIMES)
    return GeneralScheduleView(**dict(schedule), next_times=times)


def _refusal(etag: str | None) -> PreconditionRequired | PreconditionFailed:
    if etag is None:
        return PreconditionRequired("somebody has set the schedule; send If-Match with the ETag of GET")
    return PreconditionFailed("the schedule was changed since you read it; read it again and repeat it")
