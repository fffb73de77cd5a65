"""Making, changing, copying, detaching and removing exports; saving never runs one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import Conflict, PreconditionFailed, StateConflict
from shared.exports.checking import Checker
from shared.exports.drafts import Duplicate, ExportDraft, ExportInput, needs_checking, patched
from shared.exports.export import Export, ExportContent
from shared.exports.records import Exports
from shared.exports.remarks import Remark
from shared.ids import checked_slug, new_id
from shared.state.documents import Versioned

_ATTEMPTS = 5
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A stored export, and what is doubtful about it."""

    value: Export
    etag: str
    warnings: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEditor:
    """Exports by id. `caller` is whoever is named as the one who changed it."""

    exports: Exports
    checker: Checker
    stop: Callable[[str, str], Awaitable[None]]
    """Stops the run of an export, and notes who wanted it."""
    now: Callable[[], datetime]

    async def get(self, export: str) -> Versioned[Export]:
        """Raises NotFound."""
        return await self.exports.get(export)

    def all(self) -> AsyncIterator[Versioned[Export]]:
        """All exports, by id."""
        return self.exports.all()

    async def create(self, wanted: ExportInput, caller: str) -> Saved:
        """Raises InvalidInput naming the field, Conflict where the id is taken."""
        key = await self._free(wanted.id)
        checked = await self.checker.check(wanted)
        made = await self._add(key, checked.required(), caller)
        return Saved(value=made.value, etag=made.etag, warnings=checked.warnings)

    async def change(self, export: str, patch: Mapping[str, Any], etag: str, caller: str) -> Saved:
        """Merges the patch (RFC 7396) into the version with this ETag.

        Raises InvalidInput naming the field, PreconditionFailed where somebody else wrote since. What a patch
        leaves alone is not looked up again, so that an export can be paused whatever has become of it.
        """
        found = await self.exports.get(export)
        if found.etag != etag:
            raise _outdated(export)
        draft = patched(found.value, patch)
        content, warnings = await self._checked(draft, export, patch)
        changed = self._replaced(found.value, content, caller)
        try:
            made = await self.exports.documents.replace(export, changed, etag=etag)
        except StateConflict as error:
            raise _outdated(export) from error
        if content.connection is None and found.value.connection is not None:
            await self.stop(export, f"{caller}, who detached the export")
        return Saved(value=made.value, etag=made.etag, warnings=warnings)

    async def duplicate(self, export: str, wanted: Duplicate, caller: str) -> Versioned[Export]:
        """A copy that is not active, so that nothing goes to the same list before somebody has seen to it.

        Raises NotFound, InvalidInput naming the field, Conflict where the id is taken.
        """
        found = await self.exports.get(export)
        key = await self._free(wanted.id)
        name = wanted.name or f"Copy of {found.value.name}"[:_LONGEST_NAME].rstrip()
        copy = found.value.content.model_copy(update={"name": name, "active": False})
        return await self._add(key, copy, caller)

    async def detach(self, export: str, caller: str) -> None:
        """Takes its connection away and stops its run; doing it twice changes nothing. Raises NotFound."""
        for _ in range(_ATTEMPTS):
            if await self._is_detached(export, caller):
                return await self.stop(export, f"{caller}, who detached the export")
        raise StateConflict(f"export {export!r} is changed by others all the time; try again")

    async def remove(self, export: str, caller: str, *, etag: str | None = None) -> None:
        """Removes it with its notes and ledger, and stops its run; its runs stay in the history.

        Raises NotFound, PreconditionFailed where it is not the version with this ETag.
        """
        found = await self.exports.get(export)
        try:
            await self.exports.documents.delete(export, etag=etag or found.etag)
        except StateConflict as error:
            raise _outdated(export) from error
        await self.stop(export, f"{caller}, who removed the export")
        await self.exports.forget(export)

    async def _is_detached(self, export: str, caller: str) -> bool:
        """Whether it has no connection now; False where somebody else wrote first."""
        found = await self.exports.get(export)
        if found.value.connection is None:
            return True
        content = found.value.content.model_copy(update={"connection": None})
        changed = self._replaced(found.value, content, caller)
        try:
            await self.exports.documents.replace(export, changed, etag=found.etag)
        except StateConflict:
            return False
        return True

    async def _checked(
        self, draft: ExportDraft, export: str, patch: Mapping[str, Any]
    ) -> tuple[ExportContent, tuple[Remark, ...]]:
        if not needs_checking(patch):
            return draft.content({}), ()
        checked = await self.checker.check(draft, export)
        return checked.required(), checked.warnings

    async def _free(self, wanted: str | None) -> str:
        """An id nothing has, or had with a run that is not over. What a removed export left there goes."""
        if wanted is None:
            return new_id()
        key = checked_slug(wanted, pointer="/id")
        if await self.exports.documents.get(key):
            raise _taken(key)
        if run := await self.exports.active_run(key):
            raise Conflict(
                f"the export {key!r} was removed and its run {run} is not over; wait, or choose another id"
            )
        await self.exports.forget(key)
        return key

    async def _add(self, key: str, content: ExportContent, caller: str) -> Versioned[Export]:
        now = self.now()
        export = Export(**dict(content), id=key, created_at=now, updated_at=now, updated_by=caller)
        try:
            return await self.exports.documents.create(key, export)
        except StateConflict as error:
            raise _taken(key) from error

    def _replaced(self, before: Export, content: ExportContent, caller: str) -> Export:
        changes = {**dict(content), "updated_at": self.now(), "updated_by": caller}
        return before.model_copy(update=changes)


def _outdated(export: str) -> PreconditionFailed:
    return PreconditionFailed(
        f"export {export!r} was changed since you read it; read it again and repeat the change"
    )


def _taken(key: str) -> Conflict:
    return Conflict(f"an export with the id {key!r} exists already")
