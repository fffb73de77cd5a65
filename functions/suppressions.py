"""HTTP: addresses that are never to be sent."""

from functions.http import Answer, Call, Routes
from shared.audit.audit import Change
from shared.suppressions.changing import Release, Released, Suppressed, Suppression

routes = Routes()


@routes.operation("POST", "suppressions", takes=Suppression, gives=Suppressed)
async def add_suppressions(call: Call) -> Answer:
    """Suppresses addresses: no plan that is made from now on sends them, whatever segment they are in.

    Only keyed hashes are kept. With `erase` they are also taken out of every ledger. A run that is delivering
    goes on with its plan; a held one can no longer be approved.
    """
    done = await call.services.suppressions.add(call.body(Suppression))
    details: dict[str, str | int] = {"added": done.added, "erased": done.erased, "total": done.total}
    return Answer(value=done, change=Change(subject="suppressions", details=details))


@routes.operation("POST", "suppressions/remove", takes=Release, gives=Released)
async def remove_suppressions(call: Call) -> Answer:
    """Lets addresses be sent again, with the next run of an export whose segments have them."""
    done = await call.services.suppressions.remove(call.body(Release))
    details: dict[str, str | int] = {"removed": done.removed, "total": done.total}
    return Answer(value=done, change=Change(subject="suppressions", details=details))
