"""The settings that the code reads are the settings that the template sets."""

import json
import re
from collections.abc import Iterator, Mapping

from shared.settings import Settings
from tests.infra.compiler import parsed
from tests.infra.conftest import Deploy
from tests.infra.template import Deployment
from tests.integration.test_application_insights import AS_DEPLOYED
from tools.local import ROOT

NEEDED = {
    "SegmentStorage__blobServiceUri": "https://segments.example",
    "StateStorage__blobServiceUri": "https://state.example",
    "StateStorage__queueServiceUri": "https://jobs.example",
    "KEY_VAULT_URI": "https://vault.example",
}
NOT_SET = {
    "SegmentStorage": "a connection string, which would hold a key",
    "AzureWebJobsSegmentStorage": "the same",
    "StateStorage": "the same",
    "AzureWebJobsStateStorage": "the same",
    "SegmentStorage__queueServiceUri": "segments have no queue",
    "WEBSITE_AUTH_ENABLED": "App Service sets it where its authentication is on",
}
GIVEN = ("param environmentName = 'a'", "param location = 'b'", "param authentication = 'function_key'")
READ_BY_OTHERS = {
    "AzureWebJobsStorage__blobServiceUri": "the Functions host",
    "AzureWebJobsStorage__tableServiceUri": "the Functions host",
    "AzureWebJobsStorage__credential": "the Functions host",
    "AzureWebJobsStorage__clientId": "the Functions host",
    "SegmentStorage__credential": "the same convention for every connection",
    "StateStorage__credential": "the queue triggers",
    "TICK": "the timer trigger",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host and OpenTelemetry",
    **dict.fromkeys(AS_DEPLOYED, "the Functions worker, and OpenTelemetry, which it sets up"),
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host and OpenTelemetry",
    "OTEL_METRIC_EXPORT_INTERVAL": "OpenTelemetry",
}
# Azure Functions documentation, app settings and Flex Consumption deprecations.
FORBIDDEN = re.compile(
    r"FUNCTIONS_(WORKER|EXTENSION|MAX)\w*|ENABLE_ORYX_BUILD|SCM_DO_BUILD_DURING_DEPLOYMENT|TZ"
    r"|WEBSITE_(RUN_FROM_PACKAGE|CONTENT\w+|SKIP_CONTENTSHARE_VALIDATION|VNET_ROUTE_ALL|DNS_SERVER"
    r"|MAX_DYNAMIC_APPLICATION_SCALE_OUT|NODE_DEFAULT_VERSION|TIME_ZONE|LOAD_CERTIFICATES)"
)


class Environment(Mapping[str, str]):
    """An environment that notes every name it is asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def read_by_the_code() -> set[str]:
    environment = Environment(NEEDED)
    Settings.from_env(environment)
    modules = (ROOT / "shared" / "wiring.py", *(ROOT / "functions").glob("*.py"))
    named = {
        name for each in modules for name in re.findall(r'environ(?:\.get\(|\[)"(\w+)"', each.read_text())
    }
    return environment.asked | named


def bound_by_the_functions() -> set[str]:
    text = (ROOT / "tests" / "integration" / "functions.json").read_text()
    return set(re.findall(r"%(\w+)%", text))


def test_every_setting_that_the_code_reads_is_set(deployment: Deployment) -> None:
    read = read_by_the_code() | bound_by_the_functions()

    missing = read - set(deployment.settings) - set(NOT_SET)

    assert missing == set()
    assert {"StateStorage__blobServiceUri", "JOBS_QUEUE", "TICK", "AUTHENTICATION"} <= read


def test_every_setting_that_is_set_is_read(deployment: Deployment) -> None:
    unread = set(deployment.settings) - read_by_the_code() - set(READ_BY_OTHERS)

    assert unread == set()


def test_what_need_not_be_set_is_not(deployment: Deployment) -> None:
    assert set(NOT_SET) & set(deployment.settings) == set()


def test_no_setting_is_one_that_flex_consumption_forbids(deployment: Deployment) -> None:
    assert [name for name in deployment.settings if FORBIDDEN.fullmatch(name)] == []


def test_the_code_takes_what_is_set_and_it_means_the_defaults(deployments: dict[str, Deployment]) -> None:
    changed = re.compile("storage|vault|segments_(container|prefix)|authentication|client|plan_processes")

    taken = Settings.from_env(deployments["public"].settings)
    defaults = Settings.from_env(NEEDED)

    different = {name for name in Settings.__slots__ if getattr(taken, name) != getattr(defaults, name)}
    assert {name for name in different if not changed.search(name)} == set()
    assert taken.state_storage.connection_string is taken.segment_storage.connection_string is None


def test_a_process_plans_for_each_core_of_an_instance(
    deployments: dict[str, Deployment], deploy: Deploy
) -> None:
    usual = deployments["public"].settings["PLAN_PROCESSES"]
    deployed = deploy(*GIVEN, "param instanceMemoryMB = 4096")
    largest = Deployment(parsed(deployed)).settings["PLAN_PROCESSES"]

    assert (usual, largest) == ("1", "2")


def test_telemetry_is_set_up_as_it_was_tried(deployment: Deployment) -> None:
    assert {name: deployment.settings[name] for name in AS_DEPLOYED} == AS_DEPLOYED


def test_both_connections_and_the_vault_use_the_one_identity(deployment: Deployment) -> None:
    settings = deployment.settings
    identities = {
        value
        for name, value in settings.items()
        if name.endswith("__clientId") or name == "KEY_VAULT_CLIENT_ID"
    }

    assert len(identities) == 1
    assert identities.pop().strip("[]") in settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
    assert "AZURE_CLIENT_ID" not in settings


def test_a_setting_can_be_tuned_and_a_name_that_is_none_is_refused(deploy: Deploy) -> None:
    tuned = deploy(*GIVEN, "param tuning = { SLICE_SECONDS: '300' }")
    refused = deploy(*GIVEN, "param tuning = { SLICE_SECOND: '300' }")

    assert Deployment(json.loads(tuned.output)).settings["SLICE_SECONDS"] == "300"
    assert refused.status != 0
    assert "SLICE_SECOND" in refused.said
