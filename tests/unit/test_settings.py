from collections.abc import Callable

import pytest

from shared.errors import ConfigurationError
from shared.settings import Settings, StorageSettings

ENVIRONMENT = {
    "SegmentStorage": "UseDevelopmentStorage=true",
    "StateStorage__blobServiceUri": "https://state.blob.core.windows.net",
    "StateStorage__queueServiceUri": "https://state.queue.core.windows.net",
    "StateStorage__clientId": "1234",
    "KEY_VAULT_URI": "https://vault.vault.azure.net",
}


def test_three_settings_are_enough() -> None:
    settings = Settings.from_env(ENVIRONMENT)

    assert settings.segment_storage.connection_string == "UseDevelopmentStorage=true"
    assert settings.state_storage.queue_service == "https://state.queue.core.windows.net"
    assert (settings.authentication, settings.platform_authentication) == ("entra", False)
    assert (settings.bulk_per_minute, settings.lease_seconds) == (100, 60)


def test_an_empty_setting_counts_as_absent() -> None:
    settings = Settings.from_env(
        ENVIRONMENT | {"STATE_CONTAINER": "", "SLICE_SECONDS": "", "AUTHENTICATION": ""}
    )

    assert (settings.state_container, settings.slice_seconds, settings.authentication) == (
        "export-state",
        420,
        "entra",
    )


def test_the_vault_is_read_with_the_identity_of_the_state_unless_it_has_one_of_its_own() -> None:
    own = Settings.from_env(ENVIRONMENT | {"KEY_VAULT_CLIENT_ID": "5678"})

    assert Settings.from_env(ENVIRONMENT).key_vault_client_id == "1234"
    assert own.key_vault_client_id == "5678"


@pytest.mark.parametrize("name", ["SegmentStorage", "StateStorage__blobServiceUri", "KEY_VAULT_URI"])
def test_a_required_setting_that_is_missing_is_named(name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(ConfigurationError, match=name.split("__")[0]):
        Settings.from_env(environment)


def test_storage_that_also_needs_queues_asks_for_both_addresses() -> None:
    blob_only = {"StateStorage__blobServiceUri": "https://state.blob.core.windows.net"}

    with pytest.raises(ConfigurationError, match="StateStorage__queueServiceUri"):
        StorageSettings.from_env(blob_only, "StateStorage", queue=True)
    assert StorageSettings.from_env(blob_only, "StateStorage").queue_service is None


def test_a_connection_string_is_also_found_under_the_name_the_host_gives_it() -> None:
    storage = StorageSettings.from_env({"AzureWebJobsStateStorage": "Default"}, "StateStorage", queue=True)

    assert storage.connection_string == "Default"


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("SLICE_SECONDS", "soon", "must be a number"),
        ("SLICE_SECONDS", "-1", "between"),
        ("SLICE_SECONDS", "nan", "between"),
        ("LEASE_SECONDS", "14", "between 15 and 60"),
        ("LEASE_SECONDS", "61", "between 15 and 60"),
        ("ACTIVECAMPAIGN_BULK_PER_MINUTE", "0", "between 1 and"),
        ("ACTIVECAMPAIGN_SINGLE_PER_MINUTE", "0.5", "between 1 and"),
        ("ACTIVECAMPAIGN_REQUESTS_PER_SECOND", "0", "between 0.1 and"),
        ("AUTHENTICATION", "none", "entra or function_key"),
        ("AUTHENTICATION", "Entra", "entra or function_key"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as refused:
        Settings.from_env(ENVIRONMENT | {name: text})

    assert name in str(refused.value)


@pytest.mark.parametrize(("name", "text"), [("LEASE_SECONDS", "15"), ("LEASE_SECONDS", "60")])
def test_the_borders_are_allowed(name: str, text: str) -> None:
    assert Settings.from_env(ENVIRONMENT | {name: text}).lease_seconds == int(text)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("WEBSITE_AUTH_ENABLED", lambda settings: settings.platform_authentication),
        ("ALLOW_LOOPBACK_HTTP", lambda settings: settings.allow_loopback_http),
    ],
)
def test_a_switch_is_on_only_where_it_says_true(name: str, read: Callable[[Settings], bool]) -> None:
    answers = {
        text: read(Settings.from_env(ENVIRONMENT | {name: text})) for text in ("true", "True", "1", "no", "")
    }

    assert answers == {"true": True, "True": True, "1": False, "no": False, "": False}
