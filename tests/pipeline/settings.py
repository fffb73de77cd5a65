"""Settings of a deployment whose times are short and whose limits are lifted."""

import secrets
from collections.abc import Mapping

from shared.settings import Settings
from tools.azurite import Azurite
from tools.vault import Tenant

_QUICK = {
    "AUTHENTICATION": "function_key",
    "ALLOW_LOOPBACK_HTTP": "true",
    "LEASE_SECONDS": "15",
    "WAKE_SECONDS": "0",
    "CONFIRM_AFTER_SECONDS": "0",
    "CONFIRM_MINUTES": "1",
    "ACTIVECAMPAIGN_BULK_PER_MINUTE": "1000000",
    "ACTIVECAMPAIGN_SINGLE_PER_MINUTE": "1000000",
    "ACTIVECAMPAIGN_REQUESTS_PER_SECOND": "1000000",
}


def quick_settings(
    azurite: Azurite, tenant: Tenant, *, proxied: Mapping[str, str], changes: Mapping[str, str]
) -> Settings:
    """Containers and a queue that nobody else uses, on these servers.

    `proxied` maps addresses of Azurite to those at which the app reaches its own storage instead.
    """
    name = f"t{secrets.token_hex(6)}"
    stored = azurite.connection_string
    for address, proxy in proxied.items():
        stored = stored.replace(address, proxy)
    return Settings.from_env(
        {
            "SegmentStorage": azurite.connection_string,
            "SEGMENTS_CONTAINER": f"{name}-segments",
            "StateStorage": stored,
            "STATE_CONTAINER": f"{name}-state",
            "JOBS_QUEUE": f"{name}-jobs",
            "KEY_VAULT_URI": tenant.environment()["KEY_VAULT_URI"],
            **_QUICK,
            **changes,
        }
    )
