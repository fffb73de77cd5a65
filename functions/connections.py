"""HTTP: connections."""

from functions.http import Answer, Call, Routes
from shared.audit.audit import Change
from shared.connections.browsing import AccountBrowser, AccountFields, AccountLists, BrowseQuery
from shared.connections.connection import ConnectionContent, ConnectionInput
from shared.connections.consent import CURRENT, ConsentText
from shared.connections.findings import ConnectionTest
from shared.connections.listing import ConnectionList, ConnectionQuery, page
from shared.connections.removal import Removal, RemovalQuery
from shared.connections.testing import ConnectionTester
from shared.connections.views import ConnectionShown, ConnectionView, summary, view
from shared.errors import (
    ActiveCampaignError,
    Conflict,
    ConnectionInUse,
    PreconditionFailed,
    PreconditionRequired,
)

routes = Routes()


@routes.operation("GET", "consent", gives=ConsentText)
async def show_consent(call: Call) -> Answer:
    """The text that a connection's consent accepts."""
    return Answer(value=CURRENT)


@routes.operation(
    "POST", "connections", takes=ConnectionInput, gives=ConnectionView, status=201, raises=(Conflict,)
)
async def create_connection(call: Call) -> Answer:
    """Makes a connection; a typed key goes to the vault and nowhere else."""
    made = await call.services.connections.create(call.body(ConnectionInput), call.caller.name)
    shown, path = view(made.value), f"connections/{made.value.id}"
    return Answer(
        value=shown, etag=made.etag, location=f"/api/{path}", change=Change(subject=path, after=shown)
    )


@routes.operation("GET", "connections", query=ConnectionQuery, gives=ConnectionList)
async def list_connections(call: Call) -> Answer:
    """Connections by id: all for administrators, names of the shared ones for contributors."""
    found = await page(call.services.connections, call.query(ConnectionQuery), call.caller.role)
    return Answer(value=found)


@routes.operation("GET", "connections/{id}", gives=ConnectionShown)
async def show_connection(call: Call) -> Answer:
    """One connection, with its ETag for administrators; name and type for contributors."""
    await call.may_use(call.id())
    found = await call.services.connections.get(call.id())
    if call.caller.role != "Administrator":
        return Answer(value=summary(found.value))
    return Answer(value=view(found.value), etag=found.etag)


@routes.operation(
    "PATCH",
    "connections/{id}",
    takes=ConnectionContent,
    gives=ConnectionView,
    raises=(PreconditionRequired, PreconditionFailed),
)
async def change_connection(call: Call) -> Answer:
    """Changes a connection by a JSON merge patch: rotates its key, pauses it, withdraws the consent."""
    changed = await call.services.connections.change(
        call.id(), call.merge_patch(), call.etag(), call.caller.name
    )
    shown = view(changed.after.value)
    change = Change(subject=f"connections/{call.id()}", before=view(changed.before), after=shown)
    return Answer(value=shown, etag=changed.after.etag, change=change)


@routes.operation(
    "DELETE",
    "connections/{id}",
    query=RemovalQuery,
    gives=None,
    status=204,
    raises=(ConnectionInUse, PreconditionRequired, PreconditionFailed),
)
async def remove_connection(call: Call) -> Answer:
    """Removes a connection and stops its runs; exports that use it are detached or removed on request."""
    removal = Removal(call.services.connections, call.services.exports)
    query = call.query(RemovalQuery)
    removed = await removal.remove(call.id(), call.etag(), query, call.caller.shown_as)
    details: dict[str, str | int] = {}
    if query.exports:
        details = {"exports": query.exports, "of": ", ".join(removed.exports)}
    return Answer(
        change=Change(subject=f"connections/{call.id()}", before=view(removed.connection), details=details)
    )


@routes.operation("POST", "connections/{id}/test", gives=ConnectionTest)
async def test_connection(call: Call) -> Answer:
    """Whether host, key, lists, permission to import and contact allowance would let a run succeed."""
    found = await call.services.connections.get(call.id())
    return Answer(value=await ConnectionTester(call.services.runs).test(found.value))


@routes.operation(
    "GET",
    "connections/{id}/lists",
    query=BrowseQuery,
    gives=AccountLists,
    raises=(ActiveCampaignError,),
)
async def list_lists(call: Call) -> Answer:
    """The lists of the connection's account."""
    await call.may_use(call.id())
    found = await call.services.connections.get(call.id())
    browser = AccountBrowser(call.services.runs)
    return Answer(value=await browser.lists(found.value, call.query(BrowseQuery)))


@routes.operation(
    "GET",
    "connections/{id}/fields",
    query=BrowseQuery,
    gives=AccountFields,
    raises=(ActiveCampaignError,),
)
async def list_fields(call: Call) -> Answer:
    """The custom fields of the connection's account."""
    await call.may_use(call.id())
    found = await call.services.connections.get(call.id())
    browser = AccountBrowser(call.services.runs)
    return Answer(value=await browser.fields(found.value, call.query(BrowseQuery)))
