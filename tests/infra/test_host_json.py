"""host.json and the app's own settings have to agree."""

from shared.settings import Settings
from tools import local
from tools.localhost.hostjson import HostJson, read_host_json
from tools.localhost.settings import Settings as HostSettings


def host() -> HostJson:
    return read_host_json(local.ROOT, HostSettings({}))


def app() -> Settings:
    storage = "UseDevelopmentStorage=true"
    return Settings.from_env(
        {"SegmentStorage": storage, "StateStorage": storage, "KEY_VAULT_URI": "https://vault.example"}
    )


def test_a_slice_has_ended_with_all_its_requests_before_the_host_ends_it() -> None:
    longest_request = 120

    timeout = host().function_timeout

    assert timeout is not None
    assert app().slice_seconds + longest_request < timeout


def test_the_timer_takes_no_run_for_stalled_that_the_host_still_works_on() -> None:
    timeout = host().function_timeout

    assert timeout is not None
    assert app().stall_seconds > timeout


def test_an_instance_works_on_one_job_at_a_time() -> None:
    queues = host().queues

    assert (queues.batch_size, queues.new_batch_threshold) == (1, 0)


def test_a_failed_slice_comes_again_after_its_lease_has_ended() -> None:
    assert host().queues.visibility_timeout >= app().lease_seconds


def test_messages_are_encoded_as_the_app_sends_them() -> None:
    assert host().queues.base64
