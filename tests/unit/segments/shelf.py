"""A container in memory, at the port that the choice of a snapshot reads through."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from shared.segments.shelf import Folder
from shared.segments.snapshots import Blob, Partition

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@dataclass(slots=True)
class MemoryShelf:
    url: str = "https://acct.blob.core.windows.net/c"
    content: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)
    looked_into: list[str] = field(default_factory=list)

    def put(self, name: str, content: bytes = b"CustomerId,EMail\n", *, modified_at: datetime) -> None:
        etag = f'"{len(self.content)}-{modified_at.isoformat()}"'
        self.content[name] = content
        self.blobs[name] = Blob(name=name, etag=etag, size=len(content), modified_at=modified_at)

    async def folder(self, path: str) -> Folder:
        self.looked_into.append(path)
        below = [name.removeprefix(path) for name in self.content if name.startswith(path)]
        folders = sorted({f"{path}{name.partition('/')[0]}/" for name in below if "/" in name})
        blobs = tuple(self.blobs[path + name] for name in sorted(below) if "/" not in name)
        return Folder(path=path, blobs=blobs, folders=tuple(folders))

    async def describe(self, blob: str, blob_snapshot: str | None) -> Blob | None:
        return self.blobs.get(blob)

    async def download(self, blob: Blob) -> bytes:
        return self.content[blob.name]

    async def span(self, partition: Partition, start: int, length: int) -> bytes:
        return self.content[partition.blob][start : start + length]


class RestlessShelf(MemoryShelf):
    """Here model.json is written anew whenever somebody looks at a partition."""

    async def describe(self, blob: str, blob_snapshot: str | None) -> Blob | None:
        found = await MemoryShelf.describe(self, blob, blob_snapshot)
        return replace(found, etag='"new"') if found and blob.endswith("model.json") else found
