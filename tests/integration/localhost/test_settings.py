"""Settings, host.json and connections."""

import json
from pathlib import Path

import pytest

from tools.localhost.connections import Connections
from tools.localhost.errors import HostError
from tools.localhost.hostjson import HostJson, QueueOptions, read_host_json, timespan
from tools.localhost.settings import Settings, local_settings
from tools.localhost.usage import SETTINGS


def string(account: str) -> str:
    return f"AccountName={account};AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:9/{account};"


async def queue_url(settings: dict[str, str]) -> str:
    connections = Connections(Settings(settings))
    url: str = connections.queue("STORE", "jobs").url
    await connections.close()
    return url


def host_json(folder: Path, document: dict[str, object], settings: dict[str, str]) -> HostJson:
    (folder / "host.json").write_text(json.dumps(document))
    return read_host_json(folder, Settings(settings))


def test_names_in_percent_signs_are_replaced_whatever_their_case() -> None:
    settings = Settings({"JOBS_QUEUE": "jobs"})

    assert settings.resolve("a-%jobs_queue%-z", wanted_by="function f") == "a-jobs-z"


def test_a_name_that_is_not_set_or_empty_is_refused_with_who_wants_it() -> None:
    with pytest.raises(HostError, match="function f refers to %NOTHING%"):
        Settings({"NOTHING": ""}).resolve("%NOTHING%", wanted_by="function f")


def test_a_function_is_disabled_by_its_setting() -> None:
    settings = Settings({"AzureWebJobs.f.Disabled": "true", "AzureWebJobs.g.Disabled": "false"})

    assert [settings.is_disabled(name) for name in "fgh"] == [True, False, False]


def test_local_settings_gives_its_values(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text('{"Values": {"A": "1", "B": 2}}')

    assert local_settings(tmp_path) == {"A": "1", "B": "2"}
    assert local_settings(tmp_path / "elsewhere") == {}


def test_host_json_has_the_defaults_of_azure(tmp_path: Path) -> None:
    assert host_json(tmp_path, {"version": "2.0"}, {}) == HostJson(
        function_timeout=1800.0,
        route_prefix="api",
        queues=QueueOptions(
            batch_size=16,
            new_batch_threshold=8,
            max_dequeue_count=5,
            visibility_timeout=0,
            max_polling_interval=2.0,
            base64=True,
        ),
    )


def test_settings_are_laid_over_host_json(tmp_path: Path) -> None:
    document: dict[str, object] = {
        "functionTimeout": "00:10:00",
        "extensions": {
            "queues": {"batchSize": 1, "visibilityTimeout": "00:01:00"},
            "http": {"routePrefix": ""},
        },
    }
    prefix = "AzureFunctionsJobHost__"

    options = host_json(
        tmp_path,
        document,
        {
            f"{prefix}functionTimeout": "-1",
            f"{prefix}extensions__queues__visibilityTimeout": "00:00:02",
            f"{prefix}extensions__queues__maxDequeueCount": "7",
        },
    )

    assert (options.function_timeout, options.route_prefix) == (None, "")
    assert (options.queues.batch_size, options.queues.new_batch_threshold) == (1, 0)
    assert (options.queues.visibility_timeout, options.queues.max_dequeue_count) == (2, 7)


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:00:01", 1), ("01:02:03", 3723), ("2.00:00:00", 172_800), ("00:00:00.25", 0.25)]
)
def test_a_time_span_is_read(text: str, seconds: float) -> None:
    assert timespan(text) == seconds


async def test_the_prefixed_name_of_a_connection_wins_and_a_string_wins_over_an_address() -> None:
    plain = {"STORE": string("plain")}
    address = {"STORE__queueServiceUri": "https://address.test"}
    account = {"STORE__accountName": "account"}

    assert (
        await queue_url(plain | {"AzureWebJobsSTORE": string("prefixed")})
        == "http://127.0.0.1:9/prefixed/jobs"
    )
    assert await queue_url(plain | address) == "http://127.0.0.1:9/plain/jobs"
    assert await queue_url(address | account) == "https://address.test/jobs"
    assert await queue_url(account) == "https://account.queue.core.windows.net/jobs"


@pytest.mark.parametrize(
    "name",
    [
        *("SegmentStorage", "SEGMENTS_CONTAINER", "SEGMENTS_PREFIX", "StateStorage", "STATE_CONTAINER"),
        *("JOBS_QUEUE", "KEY_VAULT_URI", "API_KEY_SECRET_PREFIX", "TICK", "SLICE_SECONDS", "CONFIRM_MINUTES"),
        *(
            "AUTHENTICATION",
            "ALLOW_LOOPBACK_HTTP",
            "AzureWebJobsStorage",
            "IDENTITY_ENDPOINT",
            "SSL_CERT_FILE",
        ),
    ],
)
def test_the_help_names_the_setting(name: str) -> None:
    assert name in SETTINGS
