"""Who is believed to be who, where App Service authentication signs people in and where it only seems to."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.scene import QUICK
from tests.pipeline import MAPPING
from tests.principal import principal
from tools.azurite import Azurite
from tools.deployment import Api, ApiError, Deployment

pytestmark = pytest.mark.asyncio(loop_scope="module")

type SignIn = Callable[..., Api]

CONNECTION = {
    "id": "main",
    "display_name": "Main",
    "api_url": "https://acme.api-us1.com",
    "api_key": "the-key-of-acme",
    "allow_contributors": True,
    "consent": {"accepted": True, "text_version": "1"},
}
EXPORT = {
    "id": "vip",
    "name": "VIP",
    "connection": "main",
    "list_id": 1,
    "segments": [{"name": "Vip"}],
    "mapping": MAPPING,
}


async def status(api: Api, method: str, path: str, body: dict[str, Any] | None = None) -> int:
    try:
        await api.call(method, path, body)
        return 200
    except ApiError as error:
        refusal = error
    assert refusal.content_type == "application/problem+json"
    return refusal.status


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def behind_platform(azurite: Azurite) -> AsyncIterator[Deployment]:
    """A deployment that believes the platform, with a connection and an export; nobody works on its runs."""
    settings = {
        **QUICK,
        "AUTHENTICATION": "entra",
        "WEBSITE_AUTH_ENABLED": "True",
        "AzureWebJobs.work.Disabled": "true",
    }
    async with Deployment(settings, azurite=azurite) as deployment:
        administrator = deployment.api_with(None, principal("Administrator"))
        await administrator.post("connections", CONNECTION)
        await administrator.post("exports", EXPORT)
        yield deployment


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exposed(azurite: Azurite) -> AsyncIterator[Deployment]:
    """A deployment that was told to trust the platform where no platform is in front."""
    async with Deployment({**QUICK, "AUTHENTICATION": "entra"}, azurite=azurite) as deployment:
        yield deployment


@pytest.mark.parametrize("path", ["health", "connections", "exports", "runs", "runs/r/rejections"])
async def test_a_forged_principal_gets_nowhere_without_the_platform(exposed: Deployment, path: str) -> None:
    forger = exposed.api_with(None, principal("Administrator"))

    assert await status(forger, "GET", path) == 401


async def test_the_master_key_of_the_host_does_not_replace_a_sign_in(exposed: Deployment) -> None:
    assert await status(exposed.api, "GET", "exports") == 401


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        pytest.param({}, 401, id="nobody signed in"),
        pytest.param({"x-ms-client-principal": "!"}, 401, id="a header that is no principal"),
        pytest.param(principal(), 403, id="no role"),
        pytest.param(principal("administrator"), 403, id="a role of another app"),
    ],
)
async def test_who_has_no_role_may_nothing(
    behind_platform: Deployment, headers: dict[str, str], wanted: int
) -> None:
    assert await status(behind_platform.api_with(None, headers), "GET", "exports") == wanted


async def test_records_name_who_signed_in(behind_platform: Deployment) -> None:
    administrator = behind_platform.api_with(None, principal("Administrator", name="ann@example.org"))
    contributor = behind_platform.api_with(None, principal("Contributor", name="bob@example.org"))

    export = await contributor.post("exports", EXPORT | {"id": "bobs"})
    run = await contributor.post("exports/bobs/runs")
    connection = await administrator.get("connections/main")

    assert (export["updated_by"], run["requested_by"]) == ("bob@example.org", "bob@example.org")
    assert connection["consent"]["accepted_by"] == "ann@example.org"


async def test_a_message_holds_ids_and_nothing_else(behind_platform: Deployment) -> None:
    administrator = behind_platform.api_with(None, principal("Administrator"))
    run = await administrator.post("exports/vip/runs")

    messages = await behind_platform.jobs.peek_messages(max_messages=32)

    jobs = [json.loads(base64.b64decode(message.content)) for message in messages]
    assert {"run": run["id"], "slice": 1} in jobs
    assert all(set(job) == {"run", "slice"} for job in jobs)
