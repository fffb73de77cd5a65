"""What became of imports: all of them, summed per day, or one."""

from typing import Any

from tools.sandbox.account import Account
from tools.sandbox.batches import Batch
from tools.sandbox.calls import Answer, Call, answer, message


def get_bulk_import(account: Account, call: Call) -> Answer:
    """GET import/bulk_import: what is outstanding and what completed lately, summed per day."""
    return answer(account.imports.aggregate(account.clock.now()))


def get_import_info(account: Account, call: Call) -> Answer:
    """GET import/info: the state of one batch, the ids it wrote and the addresses that failed."""
    id = call.query.get("batchId")
    if not id:
        return answer({"success": 0, "message": "'batchId' is a required field."}, 400)
    batch = account.imports.batches.get(id)
    if batch is None and account.knobs.unknown_batch == 404:
        return message(f"No Result found for BulkImport with id {id}", 404)
    return answer(_info(account, batch))


def _info(account: Account, batch: Batch | None) -> dict[str, Any]:
    status = False if batch is None else batch.status(account.clock.now(), account.knobs.undecided_seconds)
    if batch is None or status not in ("completed", "failed", "interrupted"):
        return {"status": status, "success": [], "failure": []}
    return {"status": status, "success": [str(id) for id in batch.success], "failure": batch.failure}
