"""A stored connection, complete with whatever a test does not care about."""

from typing import Any

from shared.connections.connection import Connection
from tests.builders import NOW


def connection(**changes: Any) -> Connection:
    stored = {
        "id": "main",
        "display_name": "Main",
        "api_url": "https://acme.api-us1.com",
        "account": "acme",
        "api_key_secret": "activecampaign-main-0a1b2c3d",
        "allow_contributors": False,
        "consent": {"accepted_by": "Ann", "accepted_at": NOW, "text_version": "1"},
        "limits": {"bulk_per_minute": 50, "requests_per_second": 2},
        "created_at": NOW,
        "updated_at": NOW,
        "updated_by": "Ann",
    }
    return Connection.model_validate(stored | changes)
