"""What arrives in a queue when a function sets a queue output. One host serves all tests."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.integration.localhost.store import APP, Store, opened
from tools.azurite import Azurite
from tools.localhost.host import Host

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def store(azurite: Azurite) -> AsyncIterator[Store]:
    async with opened(azurite.connection_string) as store:
        await store.queue("OUTPUT_QUEUE").create_queue()
        yield store


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def host(store: Store) -> AsyncIterator[Host]:
    async with Host(APP, store.settings) as host:
        yield host


async def post(host: Host, path: str, body: str) -> int:
    headers = {"x-functions-key": host.keys.host}
    async with (
        aiohttp.ClientSession(host.url) as client,
        client.post(path, data=body.encode(), headers=headers) as response,
    ):
        return response.status


@pytest.mark.parametrize(
    ("kind", "body", "messages"),
    [
        ("raw", '{"a":1}', ['{"a":1}']),
        ("raw", "[1,2]", ["[1,2]"]),
        ("text", "plain", ["plain"]),
        ("text", '{"a":1}', ['{\n  "a": 1\n}']),
        ("text", '{"at":"2026-01-02T03:04:05.600Z"}', ['{\n  "at": "2026-01-02T03:04:05.6Z"\n}']),
        ("text", '[{"a":1},"b"]', ['{\n  "a": 1\n}', "b"]),
        ("message", "payload", ['{\n  "id": null,\n  "body": "payload"\n}']),
        ("several", "one two", ["one", "two"]),
    ],
)
async def test_a_queue_output_is_what_azure_makes_of_it(
    store: Store, host: Host, kind: str, body: str, messages: list[str]
) -> None:
    assert await post(host, f"/api/outputs/{kind}", body) == 200
    assert await store.received("OUTPUT_QUEUE") == messages


async def test_a_text_output_that_looks_like_json_and_is_not_fails_the_invocation(
    store: Store, host: Host
) -> None:
    assert await post(host, "/api/outputs/text", "{broken}") == 500
    assert "looks like JSON" in (host.history[-1].error or "")
    assert await store.received("OUTPUT_QUEUE") == []
