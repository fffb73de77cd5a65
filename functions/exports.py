"""HTTP: exports."""

from functions.http import Answer, Call, Routes
from shared.audit.audit import Change
from shared.errors import Conflict, PreconditionFailed, PreconditionRequired
from shared.exports.export import Export, ExportContent
from shared.exports.saving import ExportInput, ExportList

routes = Routes()


@routes.operation("POST", "exports", takes=ExportInput, gives=Export, status=201, raises=(Conflict,))
async def create_export(call: Call) -> Answer:
    """Makes an export; saving does not run it."""
    wanted = call.body(ExportInput)
    await call.may_use(wanted.connection)
    made = await call.services.exports.create(wanted, call.caller.shown_as)
    path = f"exports/{made.value.id}"
    return Answer(
        value=made.value,
        etag=made.etag,
        location=f"/api/{path}",
        change=Change(subject=path, after=made.value),
    )


@routes.operation("GET", "exports", gives=ExportList)
async def list_exports(call: Call) -> Answer:
    """All exports."""
    found = [document.value async for document in call.services.exports.all()]
    return Answer(value=ExportList(exports=found))


@routes.operation("GET", "exports/{id}", gives=Export)
async def show_export(call: Call) -> Answer:
    """One export."""
    found = await call.services.exports.get(call.id())
    return Answer(value=found.value, etag=found.etag)


@routes.operation(
    "PATCH",
    "exports/{id}",
    takes=ExportContent,
    gives=Export,
    raises=(PreconditionRequired, PreconditionFailed),
)
async def change_export(call: Call) -> Answer:
    """Changes an export by a JSON merge patch."""
    before = await call.services.exports.get(call.id())
    await call.may_use(before.value.connection)
    changed = await call.services.exports.change(
        call.id(), call.merge_patch(), call.etag(), call.caller.shown_as
    )
    change = Change(subject=f"exports/{call.id()}", before=before.value, after=changed.value)
    return Answer(value=changed.value, etag=changed.etag, change=change)
