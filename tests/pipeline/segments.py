"""Segments of a few made-up people, as Customer Insights writes them."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from azure.storage.blob.aio import ContainerClient

COLUMNS = ("CustomerId", "FirstName", "LastName", "EMail", "Telephone", "City")
MAPPING = {"email": "EMail", "first_name": "FirstName", "last_name": "LastName", "phone": "Telephone"}

Row = Sequence[str]
_FOLDER = "CustomerInsights_1/BlobExport"


def row(number: int, **changes: str) -> list[str]:
    """One row of `COLUMNS`: a person with an address of its own, unless told otherwise."""
    person = {
        "CustomerId": f"{number:032x}",
        "FirstName": f"First{number}",
        "LastName": f"Last{number}",
        "EMail": f"p{number}@example.com",
        "Telephone": f"+49{number}",
        "City": "Ulm",
    }
    return [(person | changes)[column] for column in COLUMNS]


def people(count: int, *, start: int = 0) -> list[Row]:
    """Rows of as many people."""
    return [row(number) for number in range(start, start + count)]


def parsed(text: str) -> list[dict[str, str]]:
    """The lines of a CSV with a header."""
    return list(csv.DictReader(io.StringIO(text)))


async def write_segment(
    container: ContainerClient,
    name: str,
    partitions: Sequence[Sequence[Row] | bytes],
    *,
    columns: Row | None = None,
    at: str = "2026/01/15/0640",
) -> list[str]:
    """A snapshot with exactly these partitions, then model.json, in which other segments stay.

    A partition given as bytes is written as it is. Gives the names of the partitions' blobs.
    """
    names = [f"{_FOLDER}/{name}/{at}/{name}_{number}.csv" for number in range(1, len(partitions) + 1)]
    for blob, rows in zip(names, partitions, strict=True):
        await container.upload_blob(blob, rows if isinstance(rows, bytes) else _csv(rows), overwrite=True)
    await _commit(container, name, columns or COLUMNS, names)
    return names


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


async def _commit(container: ContainerClient, name: str, columns: Row, blobs: Sequence[str]) -> None:
    model: dict[str, Any] = {"name": "BlobExport", "version": "1.0", "entities": []}
    blob = container.get_blob_client(f"{_FOLDER}/model.json")
    if await blob.exists():
        model = json.loads(await (await blob.download_blob()).readall())
    entity = {
        "$type": "LocalEntity",
        "name": name,
        "attributes": [{"name": column, "dataType": "string"} for column in columns],
        "partitions": [
            {"name": f"{name}_{number}", "location": f"{container.url}/{path}"}
            for number, path in enumerate(blobs, 1)
        ],
    }
    others = [other for other in model["entities"] if other["name"] != name]
    await blob.upload_blob(json.dumps(model | {"entities": [*others, entity]}), overwrite=True)
