"""Writes a segment into blob storage as Customer Insights' export to Azure Blob Storage does.

The layout is the documented one (CI docs, export to Azure Blob Storage): dated folders of CSV partitions
numbered from 1, and one model.json for each export destination, which is written last.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import Any
from urllib.parse import quote as percent_encoded

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from tools.segments.partition import PartitionFile, Quote

INSTANCE_ID = "3f2a9c1e-7b64-4d58-9e0f-1c2d3b4a5f60"
"""An invented environment."""
"""Characters after which a block is uploaded; one chunk of rows may be on top."""
_ROWS_AT_ONCE = 2000


async def write_segment(
    container_client: ContainerClient,
    *,
    segment: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    partitions: int = 3,
    taken_at: datetime,
    instance_id: str = INSTANCE_ID,
    destination: str = "BlobExport",
    header: bool = False,
    quote: Quote = "minimal",
    newline: str = "\r\n",
    with_model: bool = True,
) -> list[str]:
    """Write one run of the export of `segment`; gives the names of its partitions' blobs.

    Row k, from 0, goes into partition k % `partitions` + 1. `rows` are streamed: memory does not grow with
    their number. Without a model.json the run looks half-written, or as if it had none.
    """
    root = f"CustomerInsights_{instance_id}/{destination}"
    moment = taken_at.astimezone(UTC)
    folder = f"{root}/{segment}/{moment:%Y/%m/%d/%H%M}"
    names = [f"{folder}/{segment}_{number}.csv" for number in range(1, partitions + 1)]
    files = [PartitionFile(container_client.get_blob_client(name), quote, newline) for name in names]
    if header:
        for file in files:
            await file.write([columns])
    for some in batched(rows, _ROWS_AT_ONCE * partitions, strict=False):
        for index, file in enumerate(files):
            await file.write(some[index::partitions])
    for file in files:
        await file.close()
    if with_model:
        entity = _entity(container_client.url, segment, columns, names, moment, header=header)
        await _commit(container_client, f"{root}/model.json", entity, destination, moment)
    return names


def _entity(
    container_url: str,
    segment: str,
    columns: Sequence[str],
    names: Sequence[str],
    moment: datetime,
    *,
    header: bool,
) -> dict[str, Any]:
    base = container_url.partition("?")[0]
    settings = {
        "$type": "CsvFormatSettings",
        "columnHeaders": header,
        "delimiter": ",",
        "quoteStyle": "QuoteStyle.Csv",
        "csvStyle": "CsvStyle.QuoteAlways",
        "encoding": "UTF-8",
    }
    return {
        "$type": "LocalEntity",
        "name": segment,
        "annotations": [{"name": "c360:PrimaryKey", "value": columns[0]}],
        "attributes": [{"name": column, "dataType": "string"} for column in columns],
        "partitions": [
            {
                "name": name.rpartition("/")[2].removesuffix(".csv"),
                "refreshTime": moment.isoformat(),
                "location": f"{base}/{percent_encoded(name)}",
                "fileFormatSettings": settings,
            }
            for name in names
        ],
    }


async def _commit(
    container: ContainerClient, name: str, entity: dict[str, Any], destination: str, moment: datetime
) -> None:
    """Put the table into model.json in place of its last run, and leave the other tables as they are."""
    blob = container.get_blob_client(name)
    try:
        model = json.loads(await (await blob.download_blob()).readall())
    except ResourceNotFoundError:
        model = {"application": "Segment writer", "name": destination, "version": "1.0", "entities": []}
    others = [other for other in model["entities"] if other["name"] != entity["name"]]
    model |= {"modifiedTime": moment.isoformat(), "entities": [*others, entity]}
    await blob.upload_blob(json.dumps(model, indent=1).encode(), overwrite=True)
