"""HTTP: the general schedule."""

from functions.http import Answer, Call, Routes
from shared.audit.audit import Change
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.schedules.general import (
    GeneralSchedule,
    GeneralScheduleInput,
    GeneralSchedules,
    GeneralScheduleView,
    shown,
)

routes = Routes()


@routes.operation("GET", "schedule", gives=GeneralScheduleView)
async def show_schedule(call: Call) -> Answer:
    """What exports follow unless they have a schedule of their own, and when it comes next."""
    found = await _schedules(call).get()
    schedule = found.value if found else GeneralSchedule()
    return Answer(value=shown(schedule, call.services.runs.now()), etag=found.etag if found else None)


@routes.operation(
    "PUT",
    "schedule",
    takes=GeneralScheduleInput,
    gives=GeneralScheduleView,
    raises=(PreconditionRequired, PreconditionFailed),
)
async def change_schedule(call: Call) -> Answer:
    """Sets what exports follow; If-Match is needed as soon as it was set once. No time before counts."""
    wanted, now = call.body(GeneralScheduleInput), call.services.runs.now()
    before = await _schedules(call).get()
    etag = call.etag() if before or "if-match" in call.request.headers else None
    changed = await _schedules(call).change(wanted, etag, call.caller.shown_as, now)
    change = Change(subject="schedule", before=before.value if before else None, after=changed.value)
    return Answer(value=shown(changed.value, now), etag=changed.etag, change=change)


def _schedules(call: Call) -> GeneralSchedules:
    return GeneralSchedules(call.services.runs.store)
