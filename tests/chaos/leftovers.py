"""What a run leaves behind, and must not."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos.site import Site

_PASSING = ("chunks", "orders.json", "rejected.csv", "opt_outs.json")

type Record = Mapping[str, Any]


async def leftovers(site: Site, runs: Sequence[Record]) -> list[str]:
    """Blobs and leases that only runs under way need, and jobs that lie in the queue; of these runs only."""
    ids = {run["id"] for run in runs}
    passing = {f"runs/{run}/{name}" for run in ids for name in _PASSING}
    passing |= {f"active/{run['export']}" for run in runs}
    leasable = {f"runs/{run}/run.json" for run in ids} | {f"accounts/{run['account']}" for run in runs}
    found = []
    async for blob in site.app.deployment.state.list_blobs():
        if blob.name in passing or blob.name.rpartition("/turns/")[2] in ids:
            found.append(blob.name)
        if blob.name in leasable and blob.lease.state == "leased":
            found.append(f"the lease on {blob.name}")
    return found + await _jobs(site, ids)


async def _jobs(site: Site, ids: set[str]) -> list[str]:
    messages = await site.app.deployment.jobs.peek_messages(max_messages=32)
    jobs = [json.loads(base64.b64decode(message.content)) for message in messages]
    return [f"a job of slice {job['slice']} of run {job['run']}" for job in jobs if job["run"] in ids]
