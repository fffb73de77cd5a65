"""The list of exports, a page at a time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.access.caller import Caller
from shared.connections.connection import Connection
from shared.errors import InvalidInput
from shared.exports.activity import Activities
from shared.exports.lines import Line, Sort, needs_activity, ordered
from shared.exports.records import Exports
from shared.exports.views import ExportList, ExportSummary, summary
from shared.schedules.general import GeneralSchedules
from shared.state.documents import Documents


class ExportQuery(BaseModel):
    """Which exports, in which order."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    search: Annotated[
        str, Field(max_length=200, description="In the name, the connection's name or the type, in any case")
    ] = ""
    sort: Annotated[
        Sort, Field(description="With a minus the greatest comes first; what is absent comes last")
    ] = "name"
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    continuation: Annotated[str | None, Field(description="As the page before gave it")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Looks up what is shown of exports; their runs only for a page, or where the order needs them."""

    exports: Exports
    connections: Documents[Connection]
    activities: Activities
    schedules: GeneralSchedules
    now: Callable[[], datetime]

    async def page(self, query: ExportQuery, caller: Caller) -> ExportList:
        """One page. Raises InvalidInput where the export it goes on behind is no longer among them."""
        lines = [line for line in await self._lines() if line.has(query.search)]
        if needs_activity(query.sort):
            lines = await asyncio.gather(*map(self._with_activity, lines))
        rest = _behind(query.continuation, ordered(lines, query.sort))
        shown = await self._shown(rest[: query.limit], caller)
        return ExportList(exports=shown, continuation=shown[-1].id if len(rest) > query.limit else None)

    async def _lines(self) -> list[Line]:
        exports = [document.value async for document in self.exports.all()]
        used = sorted({export.connection for export in exports if export.connection})
        found = await asyncio.gather(*map(self.connections.get, used))
        connections = {one.value.id: one.value for one in found if one}
        return [
            Line(export=export, connection=connections.get(export.connection or "")) for export in exports
        ]

    async def _shown(self, lines: Sequence[Line], caller: Caller) -> list[ExportSummary]:
        general = await self.schedules.current()
        known = await asyncio.gather(*map(self._with_activity, lines))
        return [summary(line, general, caller, self.now()) for line in known]

    async def _with_activity(self, line: Line) -> Line:
        return line if line.activity else replace(line, activity=await self.activities.of(line.export))


def _behind(export: str | None, lines: list[Line]) -> list[Line]:
    """The lines behind this export's."""
    if export is None:
        return lines
    for place, line in enumerate(lines, 1):
        if line.export.id == export:
            return lines[place:]
    raise InvalidInput("query parameter continuation: the list has changed; begin again without it")
