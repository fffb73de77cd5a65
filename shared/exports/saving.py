"""Making, changing and listing exports."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.connections.saving import Connections
from shared.errors import Conflict, InvalidInput, NotFound, PreconditionFailed, StateConflict
from shared.exports.export import Export, ExportContent
from shared.exports.records import Exports
from shared.ids import checked_slug, new_id
from shared.input import invalid_input, merge_patch
from shared.state.documents import Versioned


class ExportInput(ExportContent):
    """A new export, with the id it shall have if wanted."""

    id: str | None = None


class ExportList(BaseModel):
    """All exports."""

    exports: list[Export]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEditor:
    """Exports by id; saving never runs one."""

    exports: Exports
    connections: Connections
    now: Callable[[], datetime]

    async def create(self, wanted: ExportInput, caller: str) -> Versioned[Export]:
        """Raises InvalidInput naming the field, Conflict where the id is taken."""
        key = checked_slug(wanted.id, pointer="/id") if wanted.id else new_id()
        await self.check(wanted)
        content = wanted.model_dump(exclude={"id"})
        export = Export(**content, id=key, created_at=self.now(), updated_at=self.now(), updated_by=caller)
        try:
            return await self.exports.documents.create(key, export)
        except StateConflict as error:
            raise Conflict(f"an export with the id {key!r} exists already") from error

    async def get(self, export: str) -> Versioned[Export]:
        """Raises NotFound."""
        return await self.exports.get(export)

    async def change(self, export: str, patch: dict[str, Any], etag: str, caller: str) -> Versioned[Export]:
        """Merges the patch (RFC 7396). Raises PreconditionFailed where somebody else wrote since `etag`."""
        found = await self.exports.get(export)
        content = _merged(found.value, patch)
        await self.check(content)
        changed = Export(
            **content.model_dump(),
            id=export,
            created_at=found.value.created_at,
            updated_at=self.now(),
            updated_by=caller,
        )
        try:
            return await self.exports.documents.replace(export, changed, etag=etag)
        except StateConflict as error:
            raise PreconditionFailed(
                f"export {export!r} was changed since you read it; read it again and repeat the change"
            ) from error

    def all(self) -> AsyncIterator[Versioned[Export]]:
        """All exports, by id."""
        return self.exports.all()

    async def check(self, content: ExportContent) -> None:
        """Raises InvalidInput for what can be known without asking ActiveCampaign."""
        try:
            await self.connections.get(content.connection)
        except NotFound as error:
            raise InvalidInput(str(error), pointer="/connection") from error
        names = [segment.name for segment in content.segments]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise InvalidInput(f"the segment {name!r} is chosen twice", pointer=f"/segments/{place}/name")


_FIXED = ("id", "created_at", "updated_at", "updated_by")


def _merged(export: Export, patch: dict[str, Any]) -> ExportContent:
    for name in _FIXED:
        if name in patch:
            raise InvalidInput(f"{name} cannot be changed", pointer=f"/{name}")
    try:
        return ExportContent.model_validate(
            merge_patch(export.model_dump(mode="json", exclude=set(_FIXED)), patch)
        )
    except ValidationError as error:
        raise invalid_input(error) from error
