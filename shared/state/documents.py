"""Documents: pydantic models kept as JSON blobs with ETags."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ValidationError

from shared.errors import ConfigurationError
from shared.state.blobs import Stored


class DocumentBlobs(Protocol):
    """What documents need of a store."""

    async def read(self, name: str) -> Stored | None: ...
    async def create(self, name: str, data: bytes) -> str: ...
    async def replace(self, name: str, data: bytes, *, etag: str, lease: str | None = None) -> str: ...
    async def put(self, name: str, data: bytes) -> str: ...
    async def delete(self, name: str, *, etag: str | None = None) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Versioned[T: BaseModel]:
    """A document with the ETag it was read with."""

    value: T
    etag: str


class Documents[T: BaseModel]:
    """All documents of one model; `path` gives the blob's name for an id."""

    def __init__(self, blobs: DocumentBlobs, model: type[T], path: Callable[[str], str]) -> None:
        self._blobs = blobs
        self._model = model
        self._path = path

    async def get(self, key: str) -> Versioned[T] | None:
        """The document, or None. Raises ConfigurationError where somebody edited it into nonsense."""
        stored = await self._blobs.read(self._path(key))
        if stored is None:
            return None
        try:
            return Versioned(value=self._model.model_validate_json(stored.data), etag=stored.etag)
        except ValidationError as error:
            raise ConfigurationError(f"{self._path(key)} is not a valid {self._model.__name__}") from error

    async def create(self, key: str, value: T) -> Versioned[T]:
        """Raises StateConflict where the id is taken."""
        return Versioned(value=value, etag=await self._blobs.create(self._path(key), _encoded(value)))

    async def replace(self, key: str, value: T, *, etag: str, lease: str | None = None) -> Versioned[T]:
        """Raises StateConflict where somebody else wrote since."""
        new = await self._blobs.replace(self._path(key), _encoded(value), etag=etag, lease=lease)
        return Versioned(value=value, etag=new)

    async def put(self, key: str, value: T) -> Versioned[T]:
        """Writes it whatever is there."""
        return Versioned(value=value, etag=await self._blobs.put(self._path(key), _encoded(value)))

    async def delete(self, key: str, *, etag: str | None = None) -> None:
        """Nothing happens where there is none."""
        await self._blobs.delete(self._path(key), etag=etag)


def _encoded(value: BaseModel) -> bytes:
    return value.model_dump_json(indent=1).encode()


async def all_of[T: BaseModel](
    documents: Documents[T], keys: AsyncIterator[str]
) -> AsyncIterator[tuple[str, Versioned[T]]]:
    """The documents of these keys that still exist."""
    async for key in keys:
        if found := await documents.get(key):
            yield key, found
