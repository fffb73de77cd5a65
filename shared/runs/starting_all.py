"""Run all: every export that runs by itself is started, and each other one is named with the reason."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.connections.connection import Connection
from shared.errors import Conflict
from shared.exports.export import Export
from shared.exports.schedule import Schedule, followed
from shared.runs.run import Run
from shared.runs.services import RunServices
from shared.runs.starting import Starter
from shared.runs.views import LeftOut, StartedAll, view
from shared.schedules.general import GeneralSchedules


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAll:
    """Starts all exports on behalf of one person."""

    services: RunServices
    requested_by: str
    may_use: Callable[[Connection], bool]
    """Whether this person may run exports on a connection."""

    async def start(self) -> StartedAll:
        """What was started and what was left out, by export."""
        all_of_it = StartedAll(started=[], left_out=[])
        general = (await GeneralSchedules(self.services.store).current()).schedule
        async for document in self.services.exports.all():
            export = document.value
            made = await self._obstacle(export, general) or await self._run(export)
            if isinstance(made, Run):
                all_of_it.started.append(view(made))
            else:
                all_of_it.left_out.append(LeftOut(export=export.id, reason=made))
        return all_of_it

    async def _obstacle(self, export: Export, general: Schedule) -> str | None:
        if not export.active:
            return "it is not active"
        if followed(export.schedule, general).kind == "off":
            return "its schedule is off; run it by itself"
        if export.connection is None:
            return "it has no connection; attach one"
        connection = await self.services.connections.get(export.connection)
        if connection is None:
            return f"no connection has the id {export.connection!r}; attach another"
        if not self.may_use(connection.value):
            return f"the connection {export.connection!r} is not shared with contributors"
        return connection.value.blocked

    async def _run(self, export: Export) -> Run | str:
        """The new run, or why there is none."""
        try:
            made = await Starter(self.services).start(export, "on_demand", self.requested_by)
        except Conflict as conflict:
            return str(conflict)
        return made.run if made.created else f"run {made.run.id} is under way"
