"""One deployment behind App Service authentication for each file, and an ActiveCampaign of its own."""

import base64
import json
import secrets
from collections.abc import AsyncIterator

import pytest_asyncio

from tests.e2e.scene import QUICK
from tools.azurite import Azurite
from tools.deployment import Api, Deployment
from tools.sandbox import LIFTED, Sandbox

SETTINGS = {
    **QUICK,
    "AUTHENTICATION": "entra",
    "WEBSITE_AUTH_ENABLED": "True",
    # Nobody works on runs, so that they stay as they were started.
    "AzureWebJobs.work.Disabled": "true",
}


def signed_in(deployment: Deployment, role: str, name: str) -> Api:
    """The API as somebody sees it whom App Service authentication lets in (Microsoft Learn, access user
    identities).
    """
    claims = [{"typ": "preferred_username", "val": name}, {"typ": "roles", "val": role}]
    principal = json.dumps({"auth_typ": "aad", "claims": claims, "role_typ": "roles"})
    header = base64.b64encode(principal.encode()).decode()
    return deployment.api_with(None, {"x-ms-client-principal": header})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """An account with one list and no limits."""
    async with Sandbox(knobs=LIFTED) as running:
        running.add_list("Newsletter")
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment(azurite: Azurite) -> AsyncIterator[Deployment]:
    """A deployment in which nobody works on runs."""
    settings = {**SETTINGS, "AUDIT_CONTAINER": f"audit-{secrets.token_hex(5)}"}
    async with Deployment(settings, azurite=azurite) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def administrator(deployment: Deployment) -> Api:
    return signed_in(deployment, "Administrator", "ann@example.org")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def contributor(deployment: Deployment) -> Api:
    return signed_in(deployment, "Contributor", "bob@example.org")
