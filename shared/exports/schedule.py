"""A schedule: when an export runs by itself."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from shared.schedules.recurrence import check_cron, check_time_of_day, check_time_zone

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TimeOfDay = Annotated[
    str,
    AfterValidator(check_time_of_day),
    Field(description="HH:MM, 24 hours", json_schema_extra={"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]
Times = Annotated[
    list[TimeOfDay],
    AfterValidator(lambda times: sorted(set(times))),
    Field(min_length=1, max_length=48, description="Local times of day", examples=[["07:00", "19:30"]]),
]
TimeZone = Annotated[
    str,
    AfterValidator(check_time_zone),
    Field(max_length=64, description="A name of the IANA time zone database", examples=["Europe/Berlin"]),
]


class _Kind(BaseModel):
    # strict: a number in quotes is no number, wherever the document comes from
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, str_strip_whitespace=True)


class OnRefresh(_Kind):
    """A run with each new snapshot, as soon as every segment of the export has one."""

    kind: Literal["on_refresh"]


class Off(_Kind):
    """By hand only; "run all" leaves it out."""

    kind: Literal["off"]


class Daily(_Kind):
    """Every day at these times.

    A time that daylight saving skips comes when the gap ends; one that it repeats comes the first time.
    """

    kind: Literal["daily"]
    times: Times
    time_zone: TimeZone

    @property
    def expressions(self) -> tuple[str, ...]:
        """As cron expressions."""
        return tuple(f"{_minute_and_hour(time)} * * *" for time in self.times)


class Weekly(_Kind):
    """On these days of each week at these times."""

    kind: Literal["weekly"]
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    times: Times
    time_zone: TimeZone

    @property
    def expressions(self) -> tuple[str, ...]:
        """As cron expressions."""
        days = ",".join(weekday[:3].upper() for weekday in self.weekdays)
        return tuple(f"{_minute_and_hour(time)} * * {days}" for time in self.times)


class Monthly(_Kind):
    """On these days of each month at these times; a month that has no such day is passed over."""

    kind: Literal["monthly"]
    days: Annotated[
        list[Annotated[int, Field(ge=1, le=31)] | Literal["last"]],
        Field(min_length=1, max_length=32, examples=[[1, 15, "last"]]),
    ]
    times: Times
    time_zone: TimeZone

    @property
    def expressions(self) -> tuple[str, ...]:
        """As cron expressions."""
        days = ",".join("L" if day == "last" else str(day) for day in self.days)
        return tuple(f"{_minute_and_hour(time)} {days} * *" for time in self.times)


class Cron(_Kind):
    """At the times of a cron expression; a time that daylight saving repeats comes the first time only."""

    kind: Literal["cron"]
    expression: Annotated[
        str,
        AfterValidator(check_cron),
        Field(
            max_length=200,
            description="Minute, hour, day of month, month, weekday",
            examples=["30 6 * * MON-FRI"],
        ),
    ]
    time_zone: TimeZone

    @property
    def expressions(self) -> tuple[str, ...]:
        """As cron expressions."""
        return (self.expression,)


FixedTimes = Daily | Weekly | Monthly | Cron

_KINDS: dict[object, type[BaseModel]] = {
    "on_refresh": OnRefresh,
    "off": Off,
    "daily": Daily,
    "weekly": Weekly,
    "monthly": Monthly,
    "cron": Cron,
}


def _read(value: Any) -> Any:
    """The schedule of the kind that is named, so that an error's place is the field's and nothing more."""
    document = {"kind": value} if isinstance(value, str) else value
    if not isinstance(document, dict):
        return document
    kind = document.get("kind")
    if isinstance(kind, str) and (model := _KINDS.get(kind)):
        return model.model_validate(document)
    code = "schedule_kind" if "kind" in document else "missing"
    problem = PydanticCustomError(code, f"the kind must be one of {', '.join(map(str, _KINDS))}")
    details = InitErrorDetails(type=problem, loc=("kind",), input=kind)
    raise ValidationError.from_exception_data("Schedule", [details])


_Union = Annotated[OnRefresh | Off | Daily | Weekly | Monthly | Cron, Field(discriminator="kind")]
type Schedule = Annotated[
    _Union, BeforeValidator(_read, json_schema_input_type=Literal["on_refresh", "off"] | _Union)
]
"""Stored and shown as an object; "on_refresh" and "off" are also understood as mere words."""

ON_REFRESH = OnRefresh(kind="on_refresh")


def followed(own: Schedule | None, general: Schedule) -> Schedule:
    """What an export keeps: its own schedule, else the general one."""
    return general if own is None else own


def _minute_and_hour(time: str) -> str:
    hour, minute = time.split(":")
    return f"{int(minute)} {int(hour)}"
