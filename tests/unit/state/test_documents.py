import pytest

from shared.errors import ConfigurationError, StateConflict
from shared.plans.chunks import Staged
from shared.plans.plan import ChunkIndex, Plan
from shared.runs.run import Counts, Orders
from shared.segments.snapshots import Snapshot
from shared.state.blobs import Stored
from shared.state.documents import Documents
from tests.builders import NOW, content, snapshot


class Blobs:
    """Blobs with ETags, in memory."""

    def __init__(self, **data: bytes) -> None:
        self.blobs = {name: Stored(data=content, etag="0") for name, content in data.items()}
        self.writes = 0

    async def read(self, name: str) -> Stored | None:
        return self.blobs.get(name)

    async def create(self, name: str, data: bytes) -> str:
        if name in self.blobs:
            raise StateConflict(name)
        return self._write(name, data)

    async def replace(self, name: str, data: bytes, *, etag: str, lease: str | None = None) -> str:
        if name not in self.blobs or self.blobs[name].etag != etag:
            raise StateConflict(name)
        return self._write(name, data)

    async def put(self, name: str, data: bytes) -> str:
        return self._write(name, data)

    async def delete(self, name: str, *, etag: str | None = None) -> None:
        self.blobs.pop(name, None)

    def _write(self, name: str, data: bytes) -> str:
        self.writes += 1
        self.blobs[name] = Stored(data=data, etag=str(self.writes))
        return str(self.writes)


def orders(blobs: Blobs) -> Documents[Orders]:
    return Documents(blobs, Orders, lambda run: f"orders-{run}")


async def test_a_document_can_be_written_over_whatever_is_there() -> None:
    documents = orders(Blobs())

    await documents.put("one", Orders(cancel_by="Ann"))
    second = await documents.put("one", Orders(cancel_by="Bob"))

    assert await documents.get("one") == second
    assert second.value.cancel_by == "Bob"


async def test_a_document_is_read_with_the_etag_it_was_written_with() -> None:
    documents = orders(Blobs())

    created = await documents.create("1", Orders(cancel_by="ann"))
    replaced = await documents.replace("1", Orders(cancel_by="bob"), etag=created.etag)

    assert await documents.get("1") == replaced
    assert replaced.value == Orders(cancel_by="bob")


async def test_a_document_is_neither_made_twice_nor_written_over_a_newer_one() -> None:
    documents = orders(Blobs())
    first = await documents.create("1", Orders())
    await documents.replace("1", Orders(cancel_by="ann"), etag=first.etag)

    with pytest.raises(StateConflict):
        await documents.create("1", Orders())
    with pytest.raises(StateConflict):
        await documents.replace("1", Orders(), etag=first.etag)


async def test_an_absent_document_is_none_and_can_be_deleted() -> None:
    documents = orders(Blobs())

    await documents.delete("1")

    assert await documents.get("1") is None


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"cancel_by": 5}'])
async def test_a_document_that_somebody_edited_into_nonsense_is_named(data: bytes) -> None:
    documents = orders(Blobs(**{"orders-1": data}))

    with pytest.raises(ConfigurationError, match="orders-1 is not a valid Orders"):
        await documents.get("1")


SNAPSHOTS = [
    snapshot(partitions=("a", "b")),
    Snapshot(segment="Bare", id="1", taken_at=None, columns=("EMail",), primary_key=None, partitions=()),
]


async def test_a_plan_is_read_back_as_it_was_made() -> None:
    plan = Plan(
        id="p",
        run="r",
        made_at=NOW,
        account="acme",
        key_version="v1",
        full=False,
        export=content(),
        snapshots=SNAPSHOTS,
        counts=Counts(read=1, rejected=1),
        minutes=0.5,
        chunks=ChunkIndex.of([Staged(kind="plain", count=250, offset=0, body=10, sources=20)]),
    )
    documents = Documents(Blobs(), Plan, lambda run: f"plan-{run}")

    await documents.create("r", plan)

    found = await documents.get("r")
    assert found is not None
    assert found.value == plan
