"""HTTP: exports."""

from collections.abc import Sequence
from contextlib import suppress

from functions.http import Answer, Call, Routes
from shared.audit.audit import Change
from shared.contract.bodies import checked_json
from shared.errors import (
    ActiveCampaignError,
    Conflict,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    SegmentFormatError,
    SnapshotChanged,
)
from shared.exports.drafts import Duplicate, ExportDraft, ExportInput
from shared.exports.export import Export
from shared.exports.listing import ExportQuery
from shared.exports.preview import Preview
from shared.exports.remarks import Remark
from shared.exports.validating import Validation, read_draft
from shared.exports.views import ExportList, ExportView, view

routes = Routes()


@routes.operation("POST", "exports", takes=ExportInput, gives=ExportView, status=201, raises=(Conflict,))
async def create_export(call: Call) -> Answer:
    """Makes an export after everything it names was looked up; saving does not run it."""
    wanted = call.body(ExportInput)
    await _may_attach(call, wanted.connection)
    made = await call.services.exports.create(wanted, call.caller.shown_as)
    return await _made(call, made.value, made.etag, made.warnings)


@routes.operation("GET", "exports", query=ExportQuery, gives=ExportList)
async def list_exports(call: Call) -> Answer:
    """Exports with their last runs, their next times and your permissions."""
    return Answer(value=await call.services.export_list.page(call.query(ExportQuery), call.caller))


@routes.operation("GET", "exports/{id}", gives=ExportView)
async def show_export(call: Call) -> Answer:
    """One export."""
    found = await call.services.exports.get(call.id())
    return Answer(value=await _view(call, found.value), etag=found.etag)


@routes.operation(
    "PATCH",
    "exports/{id}",
    takes=ExportDraft,
    gives=ExportView,
    raises=(PreconditionRequired, PreconditionFailed),
)
async def change_export(call: Call) -> Answer:
    """Changes an export by a JSON merge patch; what the patch touches is looked up again."""
    etag, patch = call.etag(), call.merge_patch()
    before = await _manageable(call)
    if isinstance(connection := patch.get("connection"), str):
        await _may_attach(call, connection)
    changed = await call.services.exports.change(before.id, patch, etag, call.caller.shown_as)
    return Answer(
        value=await _view(call, changed.value, changed.warnings),
        etag=changed.etag,
        change=Change(subject=f"exports/{before.id}", before=before, after=changed.value),
    )


@routes.operation(
    "DELETE",
    "exports/{id}",
    gives=None,
    status=204,
    raises=(PreconditionRequired, PreconditionFailed),
)
async def remove_export(call: Call) -> Answer:
    """Removes an export with its ledger and stops its run; ActiveCampaign keeps what was sent."""
    etag = call.etag()
    before = await _manageable(call)
    await call.services.exports.remove(before.id, call.caller.shown_as, etag=etag)
    return Answer(change=Change(subject=f"exports/{before.id}", before=before))


@routes.operation(
    "POST",
    "exports/{id}/duplicate",
    takes=Duplicate,
    gives=ExportView,
    status=201,
    raises=(Conflict,),
)
async def duplicate_export(call: Call) -> Answer:
    """Copies an export; the copy is not active until somebody activates it."""
    original = await _manageable(call)
    copy = await call.services.exports.duplicate(original.id, call.body(Duplicate), call.caller.shown_as)
    return await _made(call, copy.value, copy.etag)


@routes.operation("POST", "exports/{id}/detach", gives=ExportView)
async def detach_export(call: Call) -> Answer:
    """Takes the connection away and stops the run; nothing runs until another connection is attached."""
    before = await _manageable(call)
    await call.services.exports.detach(before.id, call.caller.shown_as)
    after = await call.services.exports.get(before.id)
    return Answer(
        value=await _view(call, after.value),
        etag=after.etag,
        change=Change(subject=f"exports/{before.id}", before=before, after=after.value),
    )


@routes.operation("POST", "exports/validate", takes=ExportInput, gives=Validation)
async def validate_export(call: Call) -> Answer:
    """All that saving would object to, at once; nothing is saved."""
    reading = read_draft(checked_json(call.request.get_body()))
    if reading.draft:
        await _may_attach(call, reading.draft.connection)
    return Answer(value=await call.services.export_validator.validate(reading))


@routes.operation(
    "POST",
    "exports/preview",
    takes=ExportInput,
    gives=Preview,
    raises=(ActiveCampaignError, SegmentFormatError, SnapshotChanged),
)
async def preview_export(call: Call) -> Answer:
    """What the first rows of each segment would become, every value masked; nothing is saved or sent."""
    draft = call.body(ExportInput)
    await _may_attach(call, draft.connection)
    return Answer(value=await call.services.export_preview.preview(draft))


async def _manageable(call: Call) -> Export:
    """The export, where the caller may use its connection."""
    found = await call.services.exports.get(call.id())
    await call.may_use(found.value.connection)
    return found.value


async def _may_attach(call: Call, connection: str | None) -> None:
    """Raises Forbidden. A connection that does not exist is left to the check, which names the field."""
    with suppress(NotFound):
        await call.may_use(connection)


async def _made(call: Call, export: Export, etag: str, warnings: Sequence[Remark] = ()) -> Answer:
    path = f"exports/{export.id}"
    return Answer(
        value=await _view(call, export, warnings),
        etag=etag,
        location=f"/api/{path}",
        change=Change(subject=path, after=export),
    )


async def _view(call: Call, export: Export, warnings: Sequence[Remark] | None = None) -> ExportView:
    connection = (
        await call.services.connections.documents.get(export.connection) if export.connection else None
    )
    return view(export, connection.value if connection else None, call.caller, warnings)
