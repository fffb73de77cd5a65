"""Queue functions through the whole host, against Azurite."""

import asyncio
import json
from pathlib import Path

import aiohttp

from tests.integration.localhost.store import APP, Store, opened
from tools.azurite import Azurite
from tools.localhost.history import Invocation
from tools.localhost.host import Host


def runs(host: Host, function: str) -> list[Invocation]:
    return [each for each in host.history if each.function == function]


async def post(host: Host, path: str, body: str) -> int:
    async with aiohttp.ClientSession(host.url) as client:
        headers = {"x-functions-key": host.keys.host}
        async with client.post(path, data=body.encode(), headers=headers) as response:
            return response.status


async def test_a_request_becomes_a_message_becomes_a_blob(store: Store) -> None:
    async with Host(APP, store.settings) as host:
        status = await post(host, "/api/words", "one two three")
        await host.wait_for(lambda host: len(runs(host, "count_words")) == 1)
        await store.emptied("WORDS_QUEUE")

    blob = await store.blob("words")
    assert status == 202
    assert (blob["words"], blob["body"], blob["dequeue_count"]) == (3, "one two three", 1)
    assert [each.ok for each in runs(host, "count_words")] == [True]


async def test_a_message_that_fails_each_time_ends_in_the_poison_queue_whose_function_gets_it(
    store: Store,
) -> None:
    async with Host(APP, store.settings) as host:
        await store.send("FAULTY_QUEUE", "bad news")
        await host.wait_for(lambda host: len(runs(host, "bury")) == 1)
        await store.emptied("FAULTY_QUEUE")

    blob = await store.blob("buried")
    errors = [each.error for each in runs(host, "fail")]
    assert errors == [f"ValueError: attempt {count} failed" for count in (1, 2, 3)]
    assert (blob["body"], blob["dequeue_count"]) == ("bad news", 1)


async def test_a_message_that_is_not_base64_goes_to_the_poison_queue_unseen(store: Store) -> None:
    async with Host(APP, store.settings | {"AzureWebJobs.bury.Disabled": "true"}) as host:
        await store.send_as_is("FAULTY_QUEUE", "{not base64}")
        await store.emptied("FAULTY_QUEUE")

    poison = await store.queue("FAULTY_QUEUE", "-poison").receive_message()
    assert poison is not None
    assert poison.content == "{not base64}"
    assert host.history == []


async def test_message_encoding_none_takes_messages_as_they_are(store: Store) -> None:
    setting = {"AzureFunctionsJobHost__extensions__queues__messageEncoding": "none"}
    async with Host(APP, store.settings | setting) as host:
        await store.send_as_is("WORDS_QUEUE", "plain text")
        await host.wait_for(lambda host: len(runs(host, "count_words")) == 1)

    assert (await store.blob("words"))["body"] == "plain text"


async def test_a_failed_message_stays_hidden_for_the_visibility_timeout(store: Store) -> None:
    setting = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01"}
    async with Host(APP, store.settings | setting) as host:
        await store.send("FAULTY_QUEUE", "bad news")
        await host.wait_for(lambda host: len(runs(host, "fail")) == 2)

    first, second = runs(host, "fail")
    assert first.ended is not None
    assert 0.5 < (second.started - first.ended).total_seconds() < 4


async def test_a_property_of_a_json_message_replaces_the_metadata_of_that_name(store: Store) -> None:
    body = json.dumps({"ID": "from the payload", "job_id": "7"})
    async with Host(APP, store.settings) as host:
        await store.send("WORDS_QUEUE", body)
        await host.wait_for(lambda host: len(runs(host, "count_words")) == 1)

    blob = await store.blob("words")
    assert (blob["id"], blob["dequeue_count"], blob["body"]) == ("from the payload", 1, body)


async def test_a_payload_with_a_dequeue_count_that_is_no_number_cannot_be_decoded(store: Store) -> None:
    async with Host(APP, store.settings) as host:
        await store.send("WORDS_QUEUE", json.dumps({"dequeueCount": "x"}))
        await host.wait_for(lambda host: len(runs(host, "count_words")) == 3)

    assert all("cannot convert value" in (each.error or "") for each in runs(host, "count_words"))


async def test_two_instances_share_the_messages_and_the_requests(store: Store) -> None:
    setting = {
        "AzureFunctionsJobHost__extensions__queues__batchSize": "1",
        "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "0",
    }
    async with Host(APP, store.settings | setting, instances=2) as host:
        await store.send("SLOW_QUEUE", "1", "1")
        await host.wait_for(lambda host: len(host.running) == 2)
        instances = {each.instance for each in host.running}
        seen = [await _pid_that_answers(host) for _ in range(4)]

    assert instances == {1, 2}
    assert len(set(seen)) == 2
    assert seen[:2] == seen[2:]


async def test_batch_size_and_threshold_bound_what_one_instance_takes(store: Store) -> None:
    setting = {
        "AzureFunctionsJobHost__extensions__queues__batchSize": "1",
        "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "1",
    }
    most = 0

    def all_done(host: Host) -> bool:
        nonlocal most
        most = max(most, len(host.running))
        return len(runs(host, "linger")) == 4

    async with Host(APP, store.settings | setting) as host:
        await store.send("SLOW_QUEUE", "0.3", "0.3", "0.3", "0.3")
        await host.wait_for(all_done)

    assert most == 2


async def test_a_long_run_keeps_its_message_hidden_by_renewals(store: Store) -> None:
    async with Host(APP, store.settings, invisibility=1) as host:
        await store.send("SLOW_QUEUE", "2.5")
        await host.wait_for(lambda host: len(runs(host, "linger")) == 1)
        await store.emptied("SLOW_QUEUE")

    assert [each.ok for each in runs(host, "linger")] == [True]
    assert (await store.blob("lingered"))["dequeue_count"] == 1


async def _pid_that_answers(host: Host) -> int:
    async with aiohttp.ClientSession(host.url) as client, client.get("/api/open") as response:
        return int((await response.json())["pid"])


async def test_the_host_goes_on_when_its_storage_has_been_away(tmp_path: Path) -> None:
    azurite = Azurite(location=tmp_path)
    await asyncio.to_thread(azurite.start)
    async with opened(azurite.connection_string) as store, Host(APP, store.settings) as host:
        await asyncio.to_thread(azurite.stop)
        await asyncio.to_thread(azurite.start)
        status = await post(host, "/api/words", "one two")
        await host.wait_for(lambda host: len(runs(host, "count_words")) == 1, timeout=20)
        words = (await store.blob("words"))["body"]
    await asyncio.to_thread(azurite.stop)

    assert (status, words) == (202, "one two")
