"""Checking: everything that can be wrong with an export is found when it is saved."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from shared.activecampaign.model import CustomField
from shared.connections.connection import Connection
from shared.errors import ActiveCampaignError, ConfigurationError, InvalidInput, NotFound, StateError
from shared.exports.catalogue import Catalogues
from shared.exports.columns import Segments, check_segments
from shared.exports.destination import check_fields, check_lists, refuse_list_names
from shared.exports.drafts import ExportDraft
from shared.exports.export import ExportContent
from shared.exports.neighbours import Connections, Neighbours
from shared.exports.remarks import Remark, Remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A draft after its check; `content` is what would be stored, None where problems forbid it."""

    problems: tuple[Remark, ...]
    warnings: tuple[Remark, ...]
    content: ExportContent | None

    def required(self) -> ExportContent:
        """The content. Raises InvalidInput with the first problem."""
        if self.content is not None:
            return self.content
        first, *others = self.problems
        more = f" (and {len(others)} more; POST /api/exports/validate tells all)" if others else ""
        raise InvalidInput(f"{first.message}{more}", pointer=first.pointer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """Looks up what a draft names: connection, lists, custom fields, segments, columns, other exports."""

    connections: Connections
    catalogues: Catalogues
    segments: Segments
    neighbours: Neighbours

    async def check(self, draft: ExportDraft, export: str | None = None) -> Checked:
        """All that is wrong or doubtful; `export` is the id of the export that is changed, if any.

        What cannot be looked up now is a warning: the next run checks it again.
        """
        found = Remarks()
        _check_choices(draft, found)
        connection = await self._connection(draft, found)
        ids, _ = await asyncio.gather(
            self._destination(connection, draft, found), check_segments(self.segments, draft, found)
        )
        content = None if found.problems else draft.content(ids)
        if content and connection:
            await self.neighbours.look(content, connection, export, found)
        return Checked(problems=tuple(found.problems), warnings=tuple(found.warnings), content=content)

    async def fields(self, draft: ExportDraft) -> dict[str, CustomField]:
        """The custom fields by the mapping's names for them; nothing is asked where none is mapped.

        Raises InvalidInput naming the field, and ActiveCampaignError.
        """
        if not draft.mapping.fields:
            return {}
        if draft.connection is None:
            raise InvalidInput("custom fields are looked up through a connection", pointer="/connection")
        found = Remarks()
        resolved: dict[str, CustomField] = {}
        if connection := await self._connection(draft, found):
            catalogue = await self.catalogues.read(connection, with_fields=True)
            resolved = check_fields(draft.mapping, catalogue.fields, found)
        for problem in found.problems:
            raise InvalidInput(problem.message, pointer=problem.pointer)
        return resolved

    async def _connection(self, draft: ExportDraft, found: Remarks) -> Connection | None:
        if draft.connection is None:
            found.warn("it has no connection, so it does not run until one is attached", "connection")
            return None
        try:
            connection = (await self.connections.get(draft.connection)).value
        except NotFound as error:
            found.refuse(str(error), "connection")
            return None
        if connection.blocked:
            found.warn(f"{connection.blocked}, so nothing runs over it", "connection")
        return connection

    async def _destination(
        self, connection: Connection | None, draft: ExportDraft, found: Remarks
    ) -> Mapping[str, int]:
        """The ids of lists that are given by name."""
        if connection is None:
            refuse_list_names(draft, "without a connection; give list_id", found)
            return {}
        try:
            catalogue = await self.catalogues.read(connection, with_fields=bool(draft.mapping.fields))
        except (ActiveCampaignError, ConfigurationError, StateError) as error:
            refuse_list_names(draft, "now; give list_id, or try again later", found)
            found.warn(f"lists and custom fields could not be checked: {error}", "connection")
            return {}
        check_fields(draft.mapping, catalogue.fields, found)
        return check_lists(draft, catalogue.lists, found)


def _check_choices(draft: ExportDraft, found: Remarks) -> None:
    """What can be known without looking anything up."""
    if draft.list_id is None and draft.list_name is None:
        found.refuse("give the list by list_id or by its name as list", "list_id")
    if draft.list_id is not None and draft.list_name is not None:
        found.refuse("give either list_id or list", "list")
    names = [segment.name for segment in draft.segments]
    for place, segment in enumerate(draft.segments):
        if segment.name in names[:place]:
            found.refuse(f"the segment {segment.name!r} is chosen twice", "segments", place, "name")
        if segment.list_id is not None and segment.list_name is not None:
            found.refuse("give either list_id or list", "segments", place, "list")
