"""HTTP: what became of a contact."""

from functions.http import Answer, Call, Routes
from shared.runs.contact_history import ContactHistory, ContactQuery

routes = Routes()


@routes.operation("POST", "exports/{id}/contacts", takes=ContactQuery, gives=ContactHistory)
async def show_contact(call: Call) -> Answer:
    """What became of an address in this export, when, and why.

    A POST, so that the address stands in no URL; nothing is changed, and the address is kept nowhere.
    """
    export = await call.services.exports.get(call.id())
    await call.may_use(export.value.connection)
    query = call.body(ContactQuery)
    return Answer(value=await call.services.contacts.of(export.value.id, query.email))
