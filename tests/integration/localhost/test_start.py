"""What keeps a host from starting, and how it says so."""

import socket
from pathlib import Path

import pytest

from tests.integration.localhost.store import APP, Store
from tools.localhost.errors import HostError
from tools.localhost.host import Host

ONE_FUNCTION = """
import azure.functions as func
app = func.FunctionApp()

@app.route("x")
def x(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse()
"""


def app_in(folder: Path, source: str, host_json: str = '{"version": "2.0"}') -> Path:
    (folder / "function_app.py").write_text(source)
    (folder / "host.json").write_text(host_json)
    return folder


async def refusal(app: Path, settings: dict[str, str], *, port: int = 0) -> str:
    with pytest.raises(HostError) as refused:
        async with Host(app, settings, port=port):
            pass
    return str(refused.value)


async def test_an_http_app_needs_no_storage(tmp_path: Path) -> None:
    async with Host(app_in(tmp_path, ONE_FUNCTION), {}) as host:
        assert [function.name for function in host.functions] == ["x"]


async def test_a_binding_it_does_not_have_is_named(tmp_path: Path) -> None:
    blob = (
        ONE_FUNCTION
        + """
@app.blob_trigger(arg_name="blob", path="a/{name}", connection="STORE")
def y(blob: func.InputStream) -> None: ...
"""
    )

    message = await refusal(app_in(tmp_path, blob), {})

    assert "function y: the local host has no binding of type blobTrigger" in message


async def test_a_retry_policy_is_refused(store: Store, tmp_path: Path) -> None:
    retry = (
        ONE_FUNCTION
        + """
@app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:01")
def y(timer: func.TimerRequest) -> None: ...
"""
    )

    assert "function y: the local host has no retry policies" in await refusal(
        app_in(tmp_path, retry), store.settings
    )


@pytest.mark.parametrize("name", ["WORDS_QUEUE", "OUTPUT_QUEUE", "TICK"])
async def test_a_setting_that_a_binding_refers_to_and_that_is_missing_is_named(
    store: Store, name: str
) -> None:
    del store.settings[name]

    message = await refusal(APP, store.settings)

    assert f"refers to %{name}%, which is not set" in message


@pytest.mark.parametrize("name", ["STORE", "AzureWebJobsStorage"])
async def test_a_connection_that_is_missing_is_named(store: Store, name: str) -> None:
    del store.settings[name]

    assert f"the connection {name} is not set" in await refusal(APP, store.settings)


async def test_a_connection_string_that_is_none_is_not_repeated(store: Store) -> None:
    message = await refusal(APP, store.settings | {"STORE": "secret"})

    assert "STORE is not a storage connection string" in message
    assert "secret" not in message


async def test_an_app_that_cannot_be_imported_tells_its_own_error(tmp_path: Path) -> None:
    assert "ZeroDivisionError" in await refusal(app_in(tmp_path, "1 / 0"), {})


async def test_an_app_that_ends_its_process_is_said_to(tmp_path: Path) -> None:
    assert "ended while it loaded the app" in await refusal(app_in(tmp_path, "import os; os._exit(1)"), {})


async def test_what_the_worker_library_refuses_is_refused(tmp_path: Path) -> None:
    list_output = ONE_FUNCTION.replace("req: func.HttpRequest", "req: func.HttpRequest, clock: object = None")

    assert "FunctionLoadError" in await refusal(app_in(tmp_path, list_output), {})


@pytest.mark.parametrize(
    ("host_json", "complaint"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"functionTimeout": "5 minutes"}', "is not a time span"),
        ('{"extensions": {"queues": {"batchSize": 33}}}', "batchSize is 33"),
        ('{"extensions": {"queues": {"messageEncoding": "utf16"}}}', "messageEncoding is 'utf16'"),
    ],
)
async def test_a_bad_host_json_is_refused(tmp_path: Path, host_json: str, complaint: str) -> None:
    assert complaint in await refusal(app_in(tmp_path, ONE_FUNCTION, host_json), {})


async def test_a_folder_without_host_json_is_refused(tmp_path: Path) -> None:
    assert "host.json is missing" in await refusal(tmp_path, {})


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        message = await refusal(app_in(tmp_path, ONE_FUNCTION), {}, port=port)

    assert f"port {port} cannot be had" in message


async def test_keys_outlive_the_host_where_they_have_a_folder(tmp_path: Path) -> None:
    app = app_in(tmp_path, ONE_FUNCTION)
    secrets = tmp_path / "secrets"

    async with Host(app, {}, secrets=secrets) as host:
        first = (host.keys.master, host.keys.host, host.keys.function("x"))
    async with Host(app, {}, secrets=secrets) as host:
        second = (host.keys.master, host.keys.host, host.keys.function("x"))

    assert first == second
    assert len(set(first)) == 3
    assert (secrets / "keys.json").stat().st_mode & 0o777 == 0o600
